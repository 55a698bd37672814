import type {Plugin} from '../src/migration/plugin.js';
import applianceCommonName from './0001-appliance-common-name.js';
import containerCommonName from './0002-container-common-name.js';
import containerRenameDisabled from './0004-container-rename-disabled.js';
import applianceRegistryHosts from './0005-appliance-registry-hosts.js';
import applianceVicadminProxy from './0007-appliance-vicadmin-proxy.js';
import applianceInsecureRegistries from './0008-appliance-insecure-registries.js';
import containerCreatetime from './0009-container-createtime.js';

/** VIC's own migrations. Data versions 3, 6 and 10 only mark what VIC can do; they change no data. */
export const builtinPlugins: readonly Plugin[] = [
  applianceCommonName,
  containerCommonName,
  containerRenameDisabled,
  applianceRegistryHosts,
  applianceVicadminProxy,
  applianceInsecureRegistries,
  containerCreatetime,
];
