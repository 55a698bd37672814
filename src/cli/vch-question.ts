import type {AnyOutcome} from '../containers/outcome.js';
import {printable} from '../report/printable.js';

/** What is to be known of the appliance before a command over the VCH as a whole; `undefined` for other commands. */
export function vchQuestion(command: string, {vch, vms}: AnyOutcome): string | undefined {
  const appliance = vms.find(({kind}) => kind === 'appliance');
  switch (command) {
    case 'upgrade':
    case 'resume': {
      if (appliance === undefined || appliance.status === 'unchanged')
        return 'the appliance has its new data already; ';
      const after = (ending: string) => appliance?.changes.find(({key}) => key.endsWith(ending))?.after;
      const build = after('/version/BuildNumber');
      const version = after('/version/PluginVersion');
      const steps = [
        build == null
          ? 'no appliance ISO, its data alone'
          : `build ${printable(vch.build ?? 'unknown')} to ${printable(build)}`,
        ...(version == null ? [] : [`data version ${vch.dataVersion ?? 'unknown'} to ${version}`]),
      ];
      return `${steps.join(', ')}; the appliance is powered off for that, and docker does not answer until it is back; `;
    }
    case 'rollback':
      return 'the appliance goes back to its snapshot, and docker does not answer until it is up again; ';
    case 'unlock':
      return 'its upgrade lock is removed, and the upgrade stays unfinished; ';
    default:
      return undefined;
  }
}
