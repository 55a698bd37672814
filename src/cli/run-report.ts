import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {AnyOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {systemCode} from '../errors.js';
import type {Logger} from '../log.js';
import type {PluginRegistry} from '../migration/registry.js';
import {eventsHead, reportEvents} from '../report/formats/ndjson.js';
import {rollbackRunbook} from '../report/phrases.js';
import type {Report} from '../report/report.js';
import type {Session} from '../vim25/session.js';
import type {PreparedReport, ReadyRun} from './command.js';
import {composeReport} from './compose-report.js';
import {type Confirmation, confirmation} from './confirmation.js';
import type {RunContext} from './context.js';
import {commonExit, EXIT, type Exit} from './exit.js';
import {targetOf, withTarget} from './login.js';
import {type FollowedRun, followRun} from './progress.js';
import {publish} from './publish.js';
import {writeWhole} from './result-file.js';

/** What a run over a VCH works with, whoever has it carried out. */
export interface RunEnvironment extends Pick<RunContext, 'log' | 'now' | 'stop' | 'version' | 'redactor'> {
  readonly runId: string;
  readonly startedAt: Date;
  readonly user: string;
  readonly registry: PluginRegistry;
  readonly followed: Pick<FollowedRun, 'steps' | 'hear' | 'during'>;
  /** Absent where nobody is asked. */
  readonly question: Confirmation | undefined;
}

/** What a run came to. */
export interface CarriedOut {
  readonly report: Report;
  readonly exit: Exit;
  readonly declined: boolean;
}

/** Carries out a command over one VCH on a target that is logged in to; prints nothing, and knows no terminal. */
export async function carryOut(
  prepared: PreparedReport,
  ready: ReadyRun,
  session: Session,
  env: RunEnvironment,
): Promise<CarriedOut> {
  const {shared, settings, name} = prepared;
  const {runId, user, registry, log, now, stop, followed, question} = env;
  const changeId = shared.changeId ?? ready.options.changeId;
  const options: RunOptions = {
    ...ready.options,
    ...shared,
    changeId,
    vch: settings.vch,
    registry,
    runId,
    user,
    toolVersion: env.version,
    signal: stop.signal,
    log,
    onProgress: (event) => followed.hear(event),
    confirm: question?.ask,
    staging: {...ready.options.staging, goOn: question?.goOn, now},
  };
  const outcome = await followed.during(
    () => session.contact,
    () => ready.run(session, options),
  );
  const interrupted = outcome.interrupted || cutShort(outcome, stop.signal);
  const declined = question?.declined() ?? false;
  const composed = composeReport(
    {...outcome, interrupted},
    {
      command: name,
      runId,
      changeId,
      startedAt: env.startedAt,
      finishedAt: now(),
      steps: followed.steps.end(interrupted ? 'interrupted' : 'done'),
      toolVersion: env.version,
      target: targetOf(session),
      registry,
      redact: (text) => env.redactor.redact(text),
      next: (unfinished) => prepared.next({report: unfinished, declined}),
    },
  );
  const planDigest = await ready.planDigest({outcome, report: composed, log});
  const report = planDigest === undefined ? composed : {...composed, planDigest};
  const exit = commonExit(report, declined, stop.by()) ?? prepared.exitCode({report, declined});
  return {report, exit, declined};
}

/** Runs a command over one VCH from login to exit code: carries it out, and tells people and programs. */
export async function runReport(prepared: PreparedReport, context: RunContext): Promise<Exit> {
  const startedAt = context.now();
  const runId = context.newRunId();
  const followed = followRun(context);
  // Before anybody is asked for a password.
  const ready = await prepared.read({version: context.version, now: context.now});
  context.log.debug(`run ${runId}`);
  const registry = await context.registry(prepared.plugins);
  if (context.output.format.stream) {
    const tool = {name: 'vch-migrate', version: context.version} as const;
    context.events.open(
      eventsHead({command: prepared.name, runId, startedAt: startedAt.toISOString(), tool}),
    );
  }
  const ended = await withTarget(prepared.settings, runId, context, (session, user) => {
    const asked = confirmation(prepared, ready.question, session.url.href, context.terminal, context.stop);
    const question = prepared.asks && context.terminal.interactive ? withoutBar(asked, followed) : undefined;
    return carryOut(prepared, ready, session, {
      ...context,
      runId,
      startedAt,
      user,
      registry,
      followed,
      question,
    });
  });
  return present(ended, context);
}

/** Nothing is drawn over a question. */
function withoutBar({ask, goOn, declined}: Confirmation, followed: FollowedRun): Confirmation {
  return {
    ask: (planned) => followed.asking(() => ask(planned)),
    goOn: (canaries, left) => followed.asking(() => goOn(canaries, left)),
    declined,
  };
}

/** Writes the report into the files, and prints it. */
async function present({report, exit, declined}: CarriedOut, context: RunContext): Promise<Exit> {
  const {events, output, log} = context;
  if (output.format.stream === true) for (const event of reportEvents(report)) events.write(event);
  const {ok, seen} = await publish(
    (format, layout) => format.report(report, layout),
    context,
    output.format.stream === true ? () => events.flushed() : undefined,
  );
  if (!seen) keepWayBack(report, log);
  if (declined) log.warn('nothing was written');
  return ok || exit !== EXIT.done ? exit : EXIT.failed;
}

/** How to go on by hand is kept, on stderr and in a file, where stdout did not take it. */
function keepWayBack(report: Report, log: Logger): void {
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

/** A signal during the question reads like a no to the layer below. */
function cutShort({vms}: AnyOutcome, signal: AbortSignal): boolean {
  return signal.aborted && vms.some(({status}) => status === 'not-attempted');
}
