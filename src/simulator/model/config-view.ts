import type {Cdrom} from './cdrom.js';
import type {ExtraConfig} from './extra-config.js';

/** What `VirtualMachineConfigInfo` shows: of a VM as it is, or of one as it was when a snapshot was made. */
export interface ConfigView {
  readonly name: string;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly template: boolean;
  readonly vmPathName: string;
  readonly changeVersion: string;
  readonly modified: number;
  readonly annotation: string;
  readonly alternateGuestName: string;
  readonly cdrom: Cdrom | undefined;
  readonly extraConfig: ExtraConfig;
}

/** A copy that later changes of the VM do not reach. */
export function frozenConfig(view: ConfigView): ConfigView {
  const {name, uuid, instanceUuid, template, vmPathName, changeVersion, modified} = view;
  const {annotation, alternateGuestName, cdrom} = view;
  return {
    ...{name, uuid, instanceUuid, template, vmPathName, changeVersion, modified},
    ...{annotation, alternateGuestName, cdrom},
    extraConfig: view.extraConfig.clone(),
  };
}
