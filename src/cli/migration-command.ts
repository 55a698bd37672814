import type {AnyOutcome} from '../containers/outcome.js';
import type {Narrowing, RunOptions, Staging} from '../containers/run-options.js';
import type {PlanBody, PlannedOutcome} from '../containers/saved-plan.js';
import {VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Report, ReportCommand} from '../report/report.js';
import type {CliContext, Command, RunContext} from './command.js';
import {withYes} from './command-text.js';
import {confirmation} from './confirmation.js';
import {EXIT, exitCodeOf} from './exit-code.js';
import {followRun} from './follow-run.js';
import {nextStep} from './next-step.js';
import type {Connection} from './operations.js';
import {
  type GivenOptions,
  type OptionName,
  OUTPUT_OPTIONS,
  RUN_OPTIONS,
  TARGET_OPTIONS,
  VCH_OPTIONS,
} from './option-table.js';
import {publish} from './publish.js';
import {readSettings, type Settings} from './settings.js';
import {nextTime, type StagingSettings, unresolvedOf} from './staging.js';
import {withTarget} from './with-target.js';

/** What one command over the containerVMs of a VCH has of its own. */
export interface MigrationCommand {
  readonly name: ReportCommand;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Names of the arguments it takes; all of them are needed, but for a saved plan. */
  readonly arguments?: readonly string[];
  /** Its argument is the file of a saved plan, which says which VCH is meant. */
  readonly takesPlan?: boolean;
  /** Options besides the common ones. */
  readonly options?: readonly OptionName[];
  readonly examples: Command['examples'];
  /** It changes VMs: a person is asked before, or has said which VCH. */
  readonly writes: boolean;
  readonly operate: (
    connection: Connection,
    options: RunOptions,
    settings: Settings,
    given: {readonly args: readonly string[]; readonly plan: PlanBody | undefined},
  ) => Promise<AnyOutcome | PlannedOutcome>;
}

/** A command over the containerVMs of one VCH: logs in, operates, reports. */
export function migrationCommand(definition: MigrationCommand): Command {
  const options = [
    ...TARGET_OPTIONS,
    ...VCH_OPTIONS,
    ...RUN_OPTIONS,
    ...(definition.options ?? []),
    ...OUTPUT_OPTIONS,
  ];
  return {
    name: definition.name,
    aliases: definition.aliases ?? [],
    summary: definition.summary,
    options,
    examples: definition.examples,
    arguments: definition.arguments ?? [],
    prepare(given, args, {terminal}) {
      requireArguments(definition, args);
      const settings = readSettings(given, {
        command: definition.name,
        variables: terminal.variables,
        interactive: terminal.interactive,
        writes: definition.writes && planFile(definition, args) === undefined,
        withYes:
          definition.writes && !terminal.interactive && !given.flag('yes') && !given.flag('dry-run')
            ? withYes({name: definition.name, options}, given, args)
            : undefined,
        file: planFile(definition, args),
      });
      return {output: settings.output, run: (context) => run(definition, {settings, given, args}, context)};
    },
  };
}

/** What a command line of such a command came to. */
interface Prepared {
  readonly settings: Settings;
  readonly given: GivenOptions;
  readonly args: readonly string[];
}

function requireArguments(
  {name, arguments: wanted = [], examples, takesPlan = false}: MigrationCommand,
  args: readonly string[],
): void {
  if (takesPlan || args.length >= wanted.length) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${name} needs ${wanted.join(' and ')}: vch-migrate ${examples[0]?.[0] ?? name}; see vch-migrate ${name} --help`,
  );
}

/** The file of the saved plan that the command line names. */
function planFile({takesPlan = false}: MigrationCommand, [path = '']: readonly string[]): string | undefined {
  return takesPlan && path !== '' ? path : undefined;
}

async function run(
  definition: MigrationCommand,
  {settings, given, args}: Prepared,
  context: RunContext,
): Promise<number> {
  const startedAt = context.now();
  const runId = context.newRunId();
  const followed = followRun(context);
  const streams = settings.output.format === 'ndjson';
  const file = planFile(definition, args);
  // Before anybody is asked for a password.
  const saved =
    file === undefined ? undefined : (await import('./plan-file.js')).readPlan(file, context.version);
  const narrowing = await narrowingOf(settings.staging);
  const changeId = settings.changeId ?? saved?.report.changeId ?? undefined;
  context.log.debug(`run ${runId}`);
  const registry = await context.operations.registry(settings.plugins);
  if (streams) {
    context.events.open({
      schema: 'vch-migrate/events/v1',
      command: definition.name,
      runId,
      startedAt: startedAt.toISOString(),
      tool: {name: 'vch-migrate', version: context.version},
    });
  }
  const ended = await withTarget(settings, runId, context, async ({connection, user}) => {
    const question = confirmation(definition.name, connection, context.terminal, context.stop);
    const asks = definition.writes && context.terminal.interactive && !settings.yes;
    const operate = () =>
      definition.operate(
        connection,
        {
          vch: settings.vch,
          registry,
          runId,
          user,
          toolVersion: context.version,
          changeId,
          parallelism: settings.parallelism,
          expect: settings.expect,
          signal: context.stop.signal,
          log: context.log,
          onProgress: (event) => followed.hear(event),
          confirm: asks ? (planned) => followed.asking(() => question.ask(planned)) : undefined,
          ...narrowing,
          staging: stagingOf(settings.staging, {
            ...context,
            goOn: asks ? (...counts) => followed.asking(() => question.goOn(...counts)) : undefined,
          }),
        },
        settings,
        {args, plan: saved?.plan},
      );
    const outcome = await followed.during(connection.contact, operate);
    const {url, product, apiVersion} = connection;
    return {
      outcome: {...outcome, interrupted: outcome.interrupted || cutShort(outcome, context)},
      declined: question.declined(),
      target: {url, product, apiVersion},
    };
  });
  const {declined} = ended;
  const [{composeReport}, {reportEvents}, {renderReport}] = await Promise.all([
    import('./compose-report.js'),
    import('../report/events.js'),
    import('../report/render.js'),
  ]);
  const composed = composeReport(ended.outcome, {
    command: definition.name,
    runId,
    changeId,
    startedAt,
    finishedAt: context.now(),
    steps: followed.steps.end(ended.outcome.interrupted ? 'interrupted' : 'done'),
    toolVersion: context.version,
    target: ended.target,
    registry,
    redact: (text) => context.redactor.redact(text),
    next: (unfinished) => nextStep({report: unfinished, given, args, target: settings.target, declined}),
  });
  const plan = 'plan' in ended.outcome ? ended.outcome.plan : undefined;
  const made = await savePlan(settings.out, plan, composed, context.log);
  const planDigest = made ?? saved?.digest;
  const report = planDigest === undefined ? composed : {...composed, planDigest};
  if (streams) {
    for (const event of reportEvents(report)) context.events.write(event);
    await context.events.flushed();
  }
  const published = await publish(
    (format, layout) => renderReport(report, format, layout),
    context,
    streams ? '' : undefined,
  );
  if (declined) context.log.warn('nothing was written');
  const code = exitCodeOf({
    report,
    detailedExitcode: settings.detailedExitcode,
    declined,
    stoppedBy: context.stop.by(),
  });
  return published || code !== EXIT.done ? code : EXIT.failed;
}

async function narrowingOf({select, fromReport}: StagingSettings): Promise<Narrowing> {
  if (fromReport === undefined) return {select};
  const {readShown} = await import('./plan-file.js');
  const shown = readShown(fromReport);
  const {vch, vms} = shown.kind === 'plan' ? shown.plan.report : shown.report;
  const left = unresolvedOf(vms);
  return {select: (vm) => left(vm) && (select === undefined || select(vm)), reported: vch};
}

function stagingOf(
  {canary, maxErrors, deadline}: StagingSettings,
  {now, goOn}: Pick<CliContext, 'now'> & Pick<Staging, 'goOn'>,
): Staging {
  return {canary, maxErrors, deadline: deadline && nextTime(deadline, now()), goOn, now};
}

/** Writes the plan into its file, and gives its digest. */
async function savePlan(
  path: string | undefined,
  plan: PlanBody | undefined,
  report: Report,
  log: Logger,
): Promise<string | undefined> {
  if (path === undefined || plan === undefined) return undefined;
  const {savedPlan, writePlan} = await import('./plan-file.js');
  const saved = savedPlan(plan, report);
  writePlan(path, saved);
  log.info(`the plan is saved in ${path}, ${saved.digest}`);
  return saved.digest;
}

/** A signal during the question reads like a no to the layer below. */
function cutShort({vms}: AnyOutcome, {stop}: RunContext): boolean {
  return stop.signal.aborted && vms.some(({status}) => status === 'not-attempted');
}
