import type {AnyOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {versionText} from '../iso/version-stamp.js';
import {printable} from '../report/printable.js';
import type {Report} from '../report/report.js';
import type {VchOptions} from '../vch-upgrade/vch-target.js';
import {EXIT, type Exit} from './exit.js';
import {type MoreWords, type Told, unresolvedIn} from './next.js';
import type {OptionSet, Values} from './option.js';
import type {vchRunOptions, versionSwitches} from './options.js';

const DEFAULT_TIMEOUT = 10 * 60_000;

/** What every run over the VCH as a whole takes of its options. */
export function vchRun({timeout = DEFAULT_TIMEOUT}: Pick<Values<typeof vchRunOptions>, 'timeout'>) {
  return {timeout};
}

/** Which checks are skipped. */
export function skippedChecks(own: Values<typeof versionSwitches>) {
  return {
    skipVersionCheck: own['skip-version-check'] || own.force,
    skipIsoCheck: own['skip-iso-check'] || own.force,
  };
}

/** Says what vic-machine's `--force` stands for. */
export function tellForce({force}: Values<typeof versionSwitches>, {log}: Pick<RunOptions, 'log'>): void {
  if (force)
    log.warn(
      '--force stands for --skip-version-check and --skip-iso-check; it trusts no certificate, as --thumbprint or --insecure do',
    );
}

/** The options of a run with its journal begun, where one is wanted. */
export async function journaled<Options extends RunOptions>(
  command: string,
  options: Options,
  directory: string | undefined,
): Promise<Options & Pick<VchOptions, 'journal'>> {
  if (directory === undefined) return options;
  const {fileJournal} = await import('../appliance/journal.js');
  const {runId, log} = options;
  return {...options, journal: fileJournal(directory, {runId, command, log})};
}

/** What becomes of the appliance, for the question before it. */
export function outageQuestion(
  {vch, vms}: AnyOutcome,
  {applianceIso, bootstrapIso}: Pick<VchOptions, 'applianceIso' | 'bootstrapIso'>,
): string {
  const appliance = vms.find(({kind}) => kind === 'appliance');
  if (appliance === undefined || appliance.status === 'unchanged')
    return 'the appliance has its new data already; ';
  const after = (ending: string) => appliance.changes.find(({key}) => key.endsWith(ending))?.after;
  const build = after('/version/BuildNumber');
  const version = after('/version/PluginVersion');
  const steps = [
    ...[applianceIso, bootstrapIso].flatMap((iso) =>
      iso === undefined ? [] : [`${printable(iso.path)} (${printable(versionText(iso))})`],
    ),
    build == null
      ? 'no appliance ISO, its data alone'
      : `build ${printable(vch.build ?? 'unknown')} to ${printable(build)}`,
    ...(version == null ? [] : [`data version ${vch.dataVersion ?? 'unknown'} to ${version}`]),
  ];
  return `${steps.join(', ')}; the appliance is powered off for that, and docker does not answer until it is back; `;
}

/** Findings about things that an upgrade or its rollback left behind for a person to remove. */
const LEFT_BEHIND = new Set(['snapshot-left', 'iso-left', 'previous-snapshot-left']);

/** The exit code of a command over the VCH as a whole, by where it left the VCH. */
export function upgradeExit({upgrade, summary, findings}: Omit<Report, 'next'>): Exit {
  const leftBehind = findings.some(({code}) => LEFT_BEHIND.has(code));
  switch (upgrade?.result) {
    case 'planned':
    case 'unlocked':
      return EXIT.done;
    case 'upgraded':
    case 'rolled-back':
    case 'unchanged':
      if (leftBehind) return EXIT.partly;
      return summary.changed + summary.unchanged + summary.skipped < summary.total ? EXIT.partly : EXIT.done;
    case 'resumable':
      return findings.some(({code}) => code === 'vch-down') ? EXIT.person : EXIT.failed;
    case 'needs-person':
      return EXIT.person;
    default:
      return EXIT.failed;
  }
}

/** What to do after a command over the VCH as a whole, by where it left the VCH. */
export function nextAfterUpgrade<Own extends OptionSet>({report, line, jsonReport}: Told<Own>): string {
  const {command, upgrade, checks} = report;
  const failed = checks?.some(({status}) => status === 'failed');
  const left = leftOver(report);
  switch (upgrade?.result) {
    case 'planned':
      return failed ? `see to the failed checks, then ${line(command)}` : line(command);
    case 'not-started':
      return failed
        ? `see to the failed checks, then ${line(command)}`
        : `nothing was written; to go on: ${line(command)}`;
    case 'upgraded':
    case 'unchanged':
      if (left.length === 0) return line('verify');
      return `see to the VMs that are not at their goal, then take up only those: ${line('apply', only(left, jsonReport))}`;
    case 'rolled-back':
      if (left.length === 0) return line('status');
      return `the rest of the containerVMs: ${line('undo', {words: ['--run', upgrade.run], without: ['run']})}`;
    case 'as-before':
      return `see to the reason, then ${line('upgrade')}`;
    case 'resumable':
      // What is being taken back is not resumed.
      return upgrade.phase === 'done' || upgrade.phase?.startsWith('rollback')
        ? `go on: ${line('rollback')}`
        : `go on: ${line('resume')}; or take it back: ${line('rollback')}`;
    case 'needs-person':
      return `the way back is told above; or try again: ${line('rollback')}`;
    default:
      return line('status');
  }
}

function leftOver({vms}: Pick<Report, 'vms'>): readonly string[] {
  const done: readonly string[] = ['changed', 'unchanged', 'skipped'];
  return vms.flatMap(({id, kind, status}) => (kind === 'container' && !done.includes(status) ? [id] : []));
}

/** More ids than that make no command line that anybody would paste. */
const MOST_IDS = 30;

function only(ids: readonly string[], jsonReport: string | undefined): MoreWords {
  if (jsonReport !== undefined) return {words: unresolvedIn(jsonReport)};
  return ids.length > MOST_IDS ? {} : {words: ids.flatMap((id) => ['--only', `id=${id}`])};
}
