import type {RunOptions} from '../containers/run-options.js';
import type {VchOptions} from '../vch-upgrade/context.js';
import type {Settings} from './settings.js';

/** The options of a run over the VCH as a whole: what was typed, with the local files read and the journal begun. */
export async function vchOptions(
  command: string,
  options: RunOptions,
  {vchUpgrade}: Pick<Settings, 'vchUpgrade'>,
): Promise<VchOptions> {
  const {applianceIso, bootstrapIso, timeout, journal} = vchUpgrade;
  const [{readIsoInfo}, {fileJournal}] = await Promise.all([
    import('../iso/iso-info.js'),
    import('../appliance/journal.js'),
  ]);
  const {runId, log} = options;
  return {
    ...options,
    timeout,
    applianceIso: applianceIso === undefined ? undefined : await readIsoInfo(applianceIso),
    bootstrapIso: bootstrapIso === undefined ? undefined : await readIsoInfo(bootstrapIso),
    journal: journal === undefined ? undefined : fileJournal(journal, {runId, command, log}),
  };
}
