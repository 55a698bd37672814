import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {RunOptions} from '../containers/run-options.js';
import {systemCode} from '../errors.js';
import {MASKED_VCENTER} from '../extraconfig/mask.js';
import type {VicInventory} from '../inventory/find-vch.js';
import type {Logger} from '../log.js';
import type {PluginRegistry} from '../migration/registry.js';
import {eventsHead, reportEvents} from '../report/formats/ndjson.js';
import {DEFAULT_FORMAT} from '../report/formats.js';
import {rollbackRunbook} from '../report/phrases.js';
import type {Report, ReportError, ReportVm} from '../report/report.js';
import type {Session} from '../vim25/session.js';
import type {PreparedReport, ReadyRun} from './command.js';
import {composeReport} from './compose-report.js';
import {type Confirmation, confirmation} from './confirmation.js';
import type {RunContext} from './context.js';
import {
  assertPlanStands,
  assertPlayStands,
  assertStands,
  lookAgain,
  planFindings,
  resultForCopy,
} from './doctor-result.js';
import {commonExit, EXIT, type Exit} from './exit.js';
import {type ReadDump, targetOf, withTarget} from './login.js';
import {type Ended, MASKED_DUMP, nextText} from './next.js';
import {type FollowedRun, followRun} from './progress.js';
import {publish} from './publish.js';
import {writeWhole} from './result-file.js';
import {localTime} from './staging.js';
import type {Terminal} from './terminal.js';
import {saveTimeWhereSmall} from './v8.js';

/** What a run over a VCH needs, whoever starts it. */
interface RunEnvironment extends Pick<RunContext, 'log' | 'now' | 'stop' | 'version' | 'redactor'> {
  readonly runId: string;
  readonly startedAt: Date;
  readonly user: string;
  readonly registry: PluginRegistry;
  readonly followed: Pick<FollowedRun, 'steps' | 'hear' | 'during'>;
  /** Absent if nobody is asked. */
  readonly question: Confirmation | undefined;
  readonly terminal: Pick<Terminal, 'variables'>;
  /** What was found on the target before, for a command that only reads. */
  readonly inventory?: VicInventory | undefined;
  /** What stands for the target; absent where the run is connected with it. */
  readonly dump?: ReadDump | undefined;
}

/** Carries out a command over one VCH in a session. It prints nothing, and knows no terminal. */
export async function carryOut(
  prepared: PreparedReport,
  ready: ReadyRun,
  session: Session,
  env: RunEnvironment,
) {
  const {shared, settings, name: command} = prepared;
  const {
    runId,
    startedAt,
    user,
    registry,
    log,
    now,
    stop,
    followed,
    question,
    dump,
    version: toolVersion,
  } = env;
  const changeId = shared.changeId ?? ready.options.changeId;
  const known =
    dump === undefined
      ? await assertStands(session, prepared.standsAs, {
          line: prepared.lineTo,
          file: prepared.doctor,
          target: settings.target,
          variables: env.terminal.variables,
        })
      : prepared.doctor === undefined
        ? undefined
        : await resultForCopy(
            session,
            prepared.doctor,
            dump.instanceUuid !== null && !isMaskedCopy(session, dump),
          );
  // Nobody can forbid a plan else: rename does not make one then.
  const isRefuted = known?.result.assumptions.some(({status}) => status === 'refuted');
  const options: RunOptions = {
    ...ready.options,
    ...shared,
    changeId,
    vch: settings.vch,
    inventory: env.inventory,
    registry,
    runId,
    user,
    toolVersion,
    signal: stop.signal,
    log,
    onProgress: (event) => {
      saveTimeWhereSmall(event);
      followed.hear(event);
    },
    permit: isRefuted
      ? async (planned, uploads) => {
          const {standsAs, playsAs, lineTo: line} = prepared;
          if (playsAs === undefined) {
            if (dump === undefined)
              await assertPlanStands(session, known, standsAs, {planned, uploads, line});
            return;
          }
          const again = async () =>
            dump === undefined
              ? lookAgain(session, line)
              : 'vch-migrate doctor --scratch, on the vCenter itself';
          await assertPlayStands(known, playsAs, {planned, uploads, again});
        }
      : undefined,
    confirm: question?.ask,
    staging: {...ready.options.staging, goOn: question?.goOn, now},
    copyOf: dump && copiedTarget(dump),
    taskTime: known?.result.measured.reconfigure ?? undefined,
  };
  const {deadline} = ready.options.staging ?? {};
  if (deadline !== undefined) log.info(`nothing new is started after ${localTime(deadline)}`);
  const outcome = await followed.during(
    () => session.contact,
    () => ready.run(session, options),
  );
  env.redactor.spare([outcome.vch.name, outcome.vch.ownName]);
  // The layers below take a signal during the question for a no.
  const cutShort = stop.signal.aborted && outcome.vms.some(({status}) => status === 'not-attempted');
  const interrupted = outcome.interrupted || cutShort;
  const declined = question?.declined() ?? false;
  const notStarted =
    outcome.upgrade?.result === 'not-started' && outcome.checks?.some(({status}) => status === 'failed');
  const facts = {
    command,
    runId,
    changeId: changeId ?? null,
    startedAt,
    finishedAt: now(),
    toolVersion,
    target: targetOf(session, dump),
    registry,
    settings: prepared.settingsFiles,
    steps: followed.steps.end(interrupted ? 'interrupted' : notStarted ? 'failed' : 'done'),
  };
  const findings = [
    ...aboutCopy(session, dump),
    ...(dump === undefined
      ? await planFindings(session, known, command, {planned: outcome, line: prepared.lineTo})
      : []),
    ...outcome.findings,
  ];
  const unfinished = composeReport({...outcome, findings, interrupted}, facts, (text) =>
    env.redactor.redact(text),
  );
  const ended = {report: withRemedies(unfinished, prepared, declined), declined};
  const actions = prepared.next(ended);
  const composed: Report = {...ended.report, next: nextText(actions), actions};
  const planDigest = await ready.planDigest({outcome, report: composed, log});
  const report = planDigest === undefined ? composed : {...composed, planDigest};
  const exit = commonExit(report, declined, stop.by()) ?? prepared.exitCode({report, declined});
  return {report, exit, declined};
}

/** The report with the commands that mend its errors. */
function withRemedies(
  report: Ended['report'],
  {remedies}: PreparedReport,
  declined: boolean,
): Ended['report'] {
  const mended = (error: ReportError, vm?: ReportVm): ReportError => {
    const commands = remedies({report, declined}, error, vm);
    return commands.length === 0 ? error : {...error, commands};
  };
  const {upgrade} = report;
  return {
    ...report,
    vms: report.vms.map((vm) => (vm.error === null ? vm : {...vm, error: mended(vm.error, vm)})),
    ...(upgrade?.error && {upgrade: {...upgrade, error: mended(upgrade.error)}}),
  };
}

/** Runs a command over one VCH, from its login to its exit code: carries it out, and prints its report. */
export async function runReport(prepared: PreparedReport, context: RunContext): Promise<Exit> {
  const {events, log, output, terminal, stop, version} = context;
  const startedAt = context.now();
  const runId = context.newRunId();
  const followed = followRun(prepared.name, context);
  // Before anybody is asked for a password.
  const ready = await prepared.read(context);
  (log.verbose ?? log.debug)(`run ${runId}: vch-migrate ${prepared.name}`);
  const registry = await context.registry(prepared.plugins);
  if (output.format.stream) {
    const tool = {name: 'vch-migrate', version} as const;
    events.open(eventsHead({command: prepared.name, runId, startedAt: startedAt.toISOString(), tool}));
  }
  const {report, exit, declined} = await withTarget(
    prepared.settings,
    runId,
    context,
    (session, user, dump) => {
      const ask: typeof terminal.ask = (...asked) => followed.asking(() => terminal.ask(...asked));
      const question =
        prepared.asks && terminal.interactive
          ? confirmation(prepared, ready.question, session.url.href, ask, stop)
          : undefined;
      return carryOut(prepared, ready, session, {
        ...context,
        runId,
        startedAt,
        user,
        registry,
        followed,
        question,
        dump,
      });
    },
  );
  if (output.format.stream) for (const event of reportEvents(report)) events.write(event);
  // A person who has just said no needs no report of it.
  const isRefused = declined && output.format === DEFAULT_FORMAT;
  const {ok, seen} = await publish(
    (format, layout) => format.report(report, exit === EXIT.done ? layout : {...layout, log: output.logFile}),
    context,
    output.format.stream
      ? () => events.flushed()
      : isRefused
        ? () =>
            terminal.out(`Nothing was written. To continue: ${report.actions?.[0]?.command ?? report.next}\n`)
        : undefined,
  );
  if (!seen) keepRunbook(report, log);
  if (declined && !isRefused) log.warn('nothing was written');
  return ok || exit !== EXIT.done ? exit : EXIT.failed;
}

/** The vCenter that a saved plan of a dump is for. */
function copiedTarget({file, origin, instanceUuid}: ReadDump): RunOptions['copyOf'] {
  return {url: origin?.url ?? `dump:${file}`, instanceUuid, isMasked: origin?.masked ?? false};
}

function isMaskedCopy({about}: Pick<Session, 'about'>, dump: ReadDump | undefined): boolean {
  return dump?.origin?.masked === true || about.instanceUuid === MASKED_VCENTER;
}

/** What a reader must know of a run on a copy. */
function aboutCopy({about}: Session, dump: ReadDump | undefined) {
  const made = dump?.origin === undefined || dump.origin.at === 'unknown' ? '' : `, made ${dump.origin.at}`;
  const copy = dump && {
    code: 'not-connected',
    message: `this is about the dump ${dump.file}${made}, and not about a vCenter: what has changed since is not in it`,
  };
  const masked = isMaskedCopy({about}, dump) && {
    code: MASKED_DUMP,
    message:
      'the dump is masked: names and values are not those of the vCenter, and its plan cannot be saved',
  };
  return [...(copy ? [copy] : []), ...(masked ? [masked] : [])];
}

/** Keeps the commands of the way back on stderr and in a file, because stdout did not take them. */
function keepRunbook(report: Report, log: Logger): void {
  const lines = rollbackRunbook(report);
  if (lines.length === 0) return;
  for (const line of lines) log.error(line);
  const name = `vch-migrate-way-back-${report.runId}.txt`;
  for (const folder of [process.cwd(), tmpdir()]) {
    try {
      writeWhole(join(folder, name), `${lines.join('\n')}\n`);
      log.error(`the way back is kept in ${join(folder, name)}`);
      return;
    } catch (error) {
      log.error(`${join(folder, name)} could not be written (${systemCode(error)})`);
    }
  }
}
