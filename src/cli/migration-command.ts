import {VchError} from '../errors.js';
import type {ReportCommand} from '../report/report.js';
import {toText} from '../report/text.js';
import type {RunOutcome} from '../upgrade/outcome.js';
import type {RunOptions} from '../upgrade/run-options.js';
import type {Command, RunContext} from './command.js';
import {confirmation} from './confirmation.js';
import {EXIT, exitCodeOf} from './exit-code.js';
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
import {progressTo} from './progress.js';
import {publish} from './publish.js';
import {readSettings, type Settings} from './settings.js';
import {withTarget} from './with-target.js';

/** What one command over the containerVMs of a VCH has of its own. */
export interface MigrationCommand {
  readonly name: ReportCommand;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** Names of the arguments it takes; all of them are needed. */
  readonly arguments?: readonly string[];
  /** Options besides the common ones. */
  readonly options?: readonly OptionName[];
  readonly examples: Command['examples'];
  /** It changes VMs: a person is asked before, or has said which VCH. */
  readonly writes: boolean;
  readonly operate: (
    connection: Connection,
    options: RunOptions,
    settings: Settings,
    args: readonly string[],
  ) => Promise<RunOutcome>;
}

/** A command over the containerVMs of one VCH: logs in, operates, reports. */
export function migrationCommand(definition: MigrationCommand): Command {
  return {
    name: definition.name,
    aliases: definition.aliases ?? [],
    summary: definition.summary,
    options: [
      ...TARGET_OPTIONS,
      ...VCH_OPTIONS,
      ...RUN_OPTIONS,
      ...(definition.options ?? []),
      ...OUTPUT_OPTIONS,
    ],
    examples: definition.examples,
    arguments: definition.arguments ?? [],
    prepare(given, args, {terminal}) {
      requireArguments(definition, args);
      const settings = readSettings(given, {
        command: definition.name,
        variables: terminal.variables,
        interactive: terminal.interactive,
        writes: definition.writes,
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
  {name, arguments: wanted = [], examples}: MigrationCommand,
  args: readonly string[],
): void {
  if (args.length >= wanted.length) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${name} needs ${wanted.join(' and ')}: vch-migrate ${examples[0]?.[0] ?? name}; see vch-migrate ${name} --help`,
  );
}

async function run(
  definition: MigrationCommand,
  {settings, given, args}: Prepared,
  context: RunContext,
): Promise<number> {
  const startedAt = context.now();
  const runId = context.newRunId();
  context.log.debug(`run ${runId}`);
  const registry = await context.operations.registry(settings.plugins);
  const ended = await withTarget(settings, runId, context, async ({connection, user}) => {
    const question = confirmation(definition.name, connection, context.terminal, context.stop);
    const asks = definition.writes && context.terminal.interactive && !settings.yes;
    const outcome = await definition.operate(
      connection,
      {
        vch: settings.vch,
        registry,
        runId,
        user,
        toolVersion: context.version,
        changeId: settings.changeId,
        parallelism: settings.parallelism,
        expect: settings.expect,
        signal: context.stop.signal,
        log: context.log,
        onProgress: progressTo(context.log, context.now),
        confirm: asks ? question.ask : undefined,
      },
      settings,
      args,
    );
    const {url, product, apiVersion} = connection;
    return {
      outcome: {...outcome, interrupted: outcome.interrupted || cutShort(outcome, context)},
      declined: question.declined(),
      target: {url, product, apiVersion},
    };
  });
  const {declined} = ended;
  const {composeReport} = await import('./compose-report.js');
  const report = composeReport(ended.outcome, {
    command: definition.name,
    runId,
    changeId: settings.changeId,
    startedAt,
    finishedAt: context.now(),
    toolVersion: context.version,
    target: ended.target,
    registry,
    redact: (text) => context.redactor.redact(text),
    next: (unfinished) => nextStep({report: unfinished, given, args, target: settings.target, declined}),
  });
  const published = await publish({json: report, text: (layout) => toText(report, layout)}, context);
  if (declined) context.log.warn('nothing was written');
  const code = exitCodeOf({
    report,
    detailedExitcode: settings.detailedExitcode,
    declined,
    stoppedBy: context.stop.by(),
  });
  return published || code !== EXIT.done ? code : EXIT.failed;
}

/** A signal during the question reads like a no to the layer below. */
function cutShort({vms}: RunOutcome, {stop}: RunContext): boolean {
  return stop.signal.aborted && vms.some(({status}) => status === 'not-attempted');
}
