import type {AnyOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {counted} from '../counted.js';
import {durationText} from '../duration.js';
import {versionText} from '../iso/version-stamp.js';
import {printable} from '../report/printable.js';
import type {Report, ReportAction, ReportUpgrade} from '../report/report.js';
import {handCommands} from '../report/way-back.js';
import {shellQuoted} from '../shell-word.js';
import type {VchOptions} from '../vch-upgrade/vch-target.js';
import {EXIT, EXIT_MEANINGS, type Exit} from './exit.js';
import {action, continueOrUndo, type MoreWords, type Told, thenVerify, unresolvedIn} from './next.js';
import type {Values} from './option.js';
import {DEFAULT_TIMEOUT, type versionSwitches} from './options.js';

/** Which checks are skipped. */
export function skippedChecks(own: Values<typeof versionSwitches>) {
  return {
    skipVersionCheck: own['skip-version-check'] || own.force,
    skipIsoCheck: own['skip-iso-check'] || own.force,
  };
}

/** Warns that `--force` is not all of vic-machine's. */
export function tellForce({force}: Values<typeof versionSwitches>, {log}: Pick<RunOptions, 'log'>): void {
  if (force)
    log.warn(
      '--force stands for --skip-version-check and --skip-iso-check; it trusts no certificate, as --thumbprint or --insecure do',
    );
}

/** The options of a run, with a journal if there is a directory for it. */
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

/** What will happen to the appliance, for the question before it. */
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

/** Findings about things that an upgrade or rollback left for you to remove. */
const LEFT_BEHIND = new Set(['snapshot-left', 'iso-left', 'previous-snapshot-left']);

/** The exit code depends on the state in which the command left the VCH. */
function upgradeExit({report: {upgrade, summary, findings}}: Pick<Told, 'report'>): Exit {
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

type Ended = Pick<Told, 'report' | 'line' | 'jsonReport'>;

/** The next step depends on the state in which the command left the VCH. */
function nextAfterUpgrade(told: Ended & {readonly own: object}) {
  const {report, line, jsonReport} = told;
  const {command, upgrade, checks} = report;
  const failed = checks?.some(({status}) => status === 'failed');
  const left = leftOver(report);
  switch (upgrade?.result) {
    case 'planned':
      return [action(failed ? FIX_CHECKS : 'Carry it out', line(command))];
    case 'not-started':
      return [action(failed ? FIX_CHECKS : 'Nothing was written; to continue', line(command))];
    case 'upgraded':
    case 'unchanged':
      if (command === 'unlock') return [action('See where the VCH stands', line('status'))];
      if (left.length === 0) return [thenVerify(line)];
      return [
        action(
          'Fix the VMs that are not at their goal, then apply to only those',
          line('apply', only(left, jsonReport)),
        ),
      ];
    case 'rolled-back':
      if (left.length === 0) return [action('See where the VCH stands', line('status'))];
      return [
        action(
          'Take up the rest of the containerVMs',
          line('undo', {words: ['--run', upgrade.run], without: ['run']}),
        ),
      ];
    case 'as-before':
      return [...compareIso(told), upgradeAgain(told), ...removeKeys(told)];
    case 'resumable':
      // A rollback cannot be resumed.
      return upgrade.phase === 'done' || upgrade.phase?.startsWith('rollback')
        ? [action('Continue the rollback', line('rollback'))]
        : continueOrUndo(line);
    case 'needs-person':
      return [action('Remove the cause, then put the VCH back', line('rollback')), ...byHand(upgrade)];
    case 'unlocked':
      return isUnfinished(report)
        ? continueOrUndo(line)
        : [action('See where the VCH stands', line('status'))];
    default:
      return [action('See where the VCH stands', line('status'))];
  }
}

/** Services that did not start most often come from a damaged ISO file, or from one for another kind of machine. */
function compareIso({
  report: {upgrade},
  own,
}: Pick<Told, 'report'> & {readonly own: object}): readonly ReportAction[] {
  const iso = 'appliance-iso' in own ? own['appliance-iso'] : undefined;
  if (upgrade?.error?.code !== 'VCH_ERR_TIMEOUT' || typeof iso !== 'string') return [];
  return [action("Compare the ISO file with its release's checksum", `sha256sum ${shellQuoted(iso)}`)];
}

/** The same upgrade again; a time limit that was too short is not repeated. */
function upgradeAgain({report: {upgrade}, own, line}: Ended & {readonly own: object}): ReportAction {
  const waited = upgrade?.error?.message.includes('using --timeout') ?? false;
  const was = 'timeout' in own ? own.timeout : undefined;
  if (!waited || typeof was !== 'number') return action('Fix the cause, then upgrade again', line('upgrade'));
  const minutes = Math.ceil((was * 2) / 60_000);
  const isDefault = was < DEFAULT_TIMEOUT;
  const longer = isDefault ? DEFAULT_TIMEOUT : minutes * 60_000;
  return action(
    `Fix the cause or allow more time (here ${durationText(longer)} in place of ${durationText(was)}), then upgrade again`,
    line('upgrade', {words: isDefault ? [] : ['--timeout', `${minutes}m`], without: ['timeout']}),
  );
}

/** The keys that the next upgrade would use may stay; this is for people who want none of them. */
function removeKeys({report: {upgrade, findings, vms}, line}: Ended): readonly ReportAction[] {
  if (upgrade === undefined || !findings.some(({code}) => code === 'containers-keep-keys')) return [];
  const kept = vms.filter(({kind, status}) => kind === 'container' && status === 'changed').length;
  return [
    action(
      `Only if the prepared keys of ${counted(kept, 'containerVM')} must go`,
      line('undo', {words: ['--run', upgrade.run], without: ['run']}),
    ),
  ];
}

const FIX_CHECKS = 'Fix the failed checks, then run it';

/** The commands of the card that need no vch-migrate. */
function byHand({card}: ReportUpgrade): readonly ReportAction[] {
  const commands = handCommands(card);
  return commands.length === 0 ? [] : [action('If that fails, put it back by hand', commands.join('\n'))];
}

/** Whether an upgrade is left to be continued after its lock was removed. */
function isUnfinished({findings}: Pick<Report, 'findings'>): boolean {
  return findings.some(({code}) => code === 'upgrade-unfinished');
}

function leftOver({vms}: Pick<Report, 'vms'>): readonly string[] {
  const done: readonly string[] = ['changed', 'unchanged', 'skipped'];
  return vms.flatMap(({id, kind, status}) => (kind === 'container' && !done.includes(status) ? [id] : []));
}

/** What the commands that change the VCH as a whole have in common. */
export const wholeVch = {
  writes: true,
  exits: EXIT_MEANINGS.wholeVch,
  exitCode: upgradeExit,
  next: nextAfterUpgrade,
};

/** More ids would make the command line too long to paste. */
const MOST_IDS = 30;

function only(ids: readonly string[], jsonReport: string | undefined): MoreWords {
  if (jsonReport !== undefined) return {words: unresolvedIn(jsonReport)};
  return ids.length > MOST_IDS ? {} : {words: ids.flatMap((id) => ['--only', `id=${id}`])};
}
