import type {AnyOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import type {PlannedOutcome} from '../containers/saved-plan.js';
import type {Logger} from '../log.js';
import type {Rehearsal} from '../rehearsal/rehearse.js';
import type {Format, Listing} from '../report/format.js';
import {LISTING_FORMATS} from '../report/formats.js';
import type {
  Report,
  ReportAction,
  ReportCommand as ReportCommandName,
  ReportError,
  ReportVm,
} from '../report/report.js';
import type {ReadText} from '../text-file.js';
import type {UpgradeOutcome} from '../vch-upgrade/outcome.js';
import type {Session} from '../vim25/session.js';
import type {RunContext} from './context.js';
import {EXIT, EXIT_MEANINGS, type Exit, type ExitMeanings} from './exit.js';
import {type Ended, type Given, lineWriter, simulatorGone, type Told, withYes} from './next.js';
import {
  type Document,
  type GivenOptions,
  type OptionSet,
  type Problems,
  problemsOf,
  readValues,
  type Values,
} from './option.js';
import {logOptions, outputOptions, resultOptions, runOptions, targetOptions, vchOptions} from './options.js';
import {remediesFor} from './remedies.js';
import {type OutputSettings, readOutput, readSettings, type Settings} from './settings.js';
import type {Terminal} from './terminal.js';

/** A command line and its surroundings. */
interface Invocation {
  readonly given: GivenOptions;
  /** The arguments on the command line: maybe fewer than the command names, and maybe empty. */
  readonly args: readonly string[];
  readonly commands: readonly Command[];
  readonly terminal: Pick<Terminal, 'variables' | 'interactive' | 'columns'>;
  readonly version: string;
  readonly read?: ReadText;
}

/** How the help shows a command. */
interface Base<Own extends OptionSet> {
  /** One word, or two if it has a group: `plugins list`. */
  readonly name: string;
  /** Commands that share their first word, and the summary of the group. */
  readonly group?: {readonly name: string; readonly summary: string};
  readonly aliases?: readonly string[];
  readonly positionals?: readonly Positional[];
  /** What it does; the list of commands shows it up to the first `;` or `:`. */
  readonly summary: string;
  readonly options: Own;
  /** Command lines without `vch-migrate`, and what they are for. */
  readonly examples: readonly (readonly [string, string])[];
  /** Flags that stand for another command, as `upgrade --rollback` does for `rollback`. */
  readonly standsFor?: Readonly<Record<string, string>>;
  /** What its exit codes mean, where that is not what they mean for commands of its kind. */
  readonly exits?: ExitMeanings;
}

interface Positional {
  readonly name: string;
  readonly optional?: true;
  /** The words, or the documents, that completion offers. */
  readonly values?: readonly string[];
  readonly documents?: readonly Document[];
}

export interface Command extends Base<OptionSet> {
  /** Reads the settings; throws VCH_ERR_USAGE with everything that is wrong with them. */
  prepare(invocation: Invocation): Prepared;
}

/** A command whose settings are read and checked. */
type Prepared =
  | PreparedReport
  | {readonly kind: 'text'; readonly text: string}
  | {
      readonly kind: 'local';
      readonly output: OutputSettings;
      /** Does the work, prints the result, and returns the exit code. */
      run(context: RunContext): Promise<Exit>;
    };

/** A command over one VCH that ends with a report. */
export type PreparedReport = ReturnType<typeof prepareReport>;

/** A run for which all local files are read. */
export type ReadyRun = Awaited<ReturnType<PreparedReport['read']>>;

/** The outcome of a command over one VCH. */
type CommandOutcome = AnyOutcome &
  Partial<
    Pick<UpgradeOutcome, 'checks' | 'upgrade'> &
      Pick<PlannedOutcome, 'plan'> & {readonly rehearsal: Rehearsal}
  >;

type About = Pick<RunContext, 'version' | 'now'>;

interface Reported {
  readonly outcome: CommandOutcome;
  readonly report: Report;
  readonly log: Logger;
}

/** The definition of a command over one VCH. `More` is what its own options add to those of every run. */
interface ReportCommand<Own extends OptionSet, More extends object> extends Base<Own> {
  readonly name: ReportCommandName;
  /** It changes VMs: it asks first, or needs --yes and the name of the VCH. */
  readonly writes: boolean;
  /** Its argument is the file of a saved plan, which names the VCH. */
  readonly takesPlan?: true;
  /** It takes the VCH down: only the name of the VCH answers its question. */
  readonly asksForName?: true;
  /** Reads local files, and gives what its options add to those of every run. */
  read(given: Given<Own>, about: About): Promise<More & Partial<RunOptions>>;
  run(session: Session, options: RunOptions & More, given: Given<Own>): Promise<CommandOutcome>;
  /** What will happen to the appliance, for the question before the first write. */
  question?(planned: AnyOutcome, more: NoInfer<More>): string;
  /** The digest of the plan that it saves, or of the saved one that it carried out. */
  planDigest?(reported: Reported, given: Given<Own>, more: More): Promise<string | undefined>;
  /** The exit code, unless `commonExit` has decided it. */
  exitCode(told: Told<Own>): Exit;
  /** What to do next, with the command line that does it. */
  next(told: Told<Own>): readonly ReportAction[];
}

/** For a command whose options add nothing to a run. */
export const nothingMore = async (): Promise<object> => ({});

/** A command over one VCH, with the options that all of them take. */
export function reportCommand<Own extends OptionSet, More extends object>(
  definition: ReportCommand<Own, More>,
): Command {
  const options = {...targetOptions, ...vchOptions, ...runOptions, ...definition.options, ...outputOptions};
  const exits = {...EXIT_MEANINGS[definition.writes ? 'writes' : 'reads'], ...definition.exits};
  return {
    ...definition,
    options,
    exits,
    prepare: (invocation) => prepareReport(definition, options, invocation),
  };
}

function prepareReport<Own extends OptionSet, More extends object>(
  definition: ReportCommand<Own, More>,
  options: OptionSet,
  {given, args, commands, terminal, read}: Invocation,
) {
  const {name, takesPlan = false, asksForName = false, writes} = definition;
  const problems = problemsOf(given, name);
  requirePositionals(definition, args, problems);
  const own = readValues(definition.options, given, problems);
  const run = readValues(runOptions, given, problems);
  const plan = takesPlan ? args[0] || undefined : undefined;
  const asks = writes && !run.yes && !given.flag('dry-run');
  const settings = readSettings(given, problems, {
    command: name,
    terminal,
    read,
    needsVch: writes && plan === undefined,
    withYes: asks && !terminal.interactive ? withYes({name, options}, given, args) : undefined,
    files: [plan, given.text('out')],
  });
  const line = lineWriter(commands, given);
  const told = (ended: Ended): Told<Own> => ({
    ...ended,
    args,
    own,
    jsonReport: given.texts('report').find((path) => path.toLowerCase().endsWith('.json')),
    line: (next, {words = [], without} = {}) =>
      line(
        next,
        {...ended.report.vch, nameIsUnique: true},
        {words: [...(next === name ? args : []), ...words], without},
      ),
  });
  return {
    kind: 'report' as const,
    name,
    settings,
    settingsFiles: given.settings ?? [],
    output: settings.output,
    /** Directories with third-party plugins. */
    plugins: run.plugins,
    shared: {parallelism: run.parallelism, expect: run.expect, changeId: run['change-id']},
    /** The result of a doctor that the command line names, and as what it is looked up there. */
    doctor: run.doctor,
    lineTo: line,
    standsAs: name === 'upgrade' && given.flag('data-only') ? 'upgrade --data-only' : name,
    /** What it plays on a copy, and would be refused on the target as. */
    playsAs: name !== 'rehearse' ? undefined : given.flag('data-only') ? 'upgrade --data-only' : 'upgrade',
    /** It asks before the first write. */
    asks,
    asksForName,
    /** Reads local files, before anything is asked or contacted. */
    async read(about: About) {
      const more = await definition.read({args, own}, about);
      return {
        /** What the command adds to the options of every run. */
        options: more,
        run: (session: Session, all: RunOptions) => definition.run(session, {...more, ...all}, {args, own}),
        question: (planned: AnyOutcome) => definition.question?.(planned, more),
        planDigest: async (reported: Reported) => definition.planDigest?.(reported, {args, own}, more),
      };
    },
    exitCode: (ended: Ended) => definition.exitCode(told(ended)),
    next(ended: Ended): readonly ReportAction[] {
      const {target} = settings;
      return target.kind === 'simulator' && writes && !ended.declined
        ? [simulatorGone(target.fixture)]
        : definition.next(told(ended));
    },
    /** Commands that mend an error of the run or of one of its VMs, or show more of it. */
    remedies: (ended: Ended, error: ReportError, vm?: ReportVm) => remediesFor(error, vm, told(ended).line),
  };
}

/** The definition of a command that lists what it finds on a target. */
interface ListingCommand<Own extends OptionSet> extends Base<Own> {
  /** Whether this command line writes on the target: without a terminal it needs --yes then. */
  writes?(own: Values<Own>): boolean;
  /** Files that it writes: a report must not overwrite them. */
  files?(args: readonly string[]): readonly (string | undefined)[];
  /** Gives the document that it prints, its text for people, and the exit code if it is not 0. */
  run(session: Session, about: ListingAbout, given: Given<Own>): Promise<Listing & {readonly exit?: Exit}>;
}

interface ListingAbout {
  readonly context: RunContext;
  readonly settings: Settings;
  readonly user: string;
  readonly runId: string;
  readonly line: ReturnType<typeof lineWriter>;
}

const listingOutput = {...resultOptions(LISTING_FORMATS), ...logOptions};

/** A command that lists what it finds on a target. */
export function listingCommand<Own extends OptionSet>(definition: ListingCommand<Own>): Command {
  // A doctor finds out what its results say.
  const consults = definition.name !== 'doctor';
  const consulting = consults ? {doctor: runOptions.doctor} : {};
  const options = {...targetOptions, ...vchOptions, ...consulting, ...definition.options, ...listingOutput};
  return {
    ...definition,
    options,
    exits: {...EXIT_MEANINGS.reads, ...definition.exits},
    prepare({given, args, commands, terminal, read}) {
      const problems = problemsOf(given, definition.name);
      requirePositionals(definition, args, problems);
      const own = readValues(definition.options, given, problems);
      const settings = readSettings(given, problems, {
        command: definition.name,
        terminal,
        read,
        needsVch: false,
        withYes:
          definition.writes?.(own) === true && !terminal.interactive && !given.flag('yes')
            ? withYes({name: definition.name, options}, given, args)
            : undefined,
        files: definition.files?.(args) ?? [],
        formats: LISTING_FORMATS,
      });
      const line = lineWriter(commands, given);
      return {
        kind: 'local',
        output: settings.output,
        async run(context) {
          const [{withTarget}, {tell}, {assertStands}] = await Promise.all([
            import('./login.js'),
            import('./publish.js'),
            import('./doctor-result.js'),
          ]);
          const {variables} = context.terminal;
          const runId = context.newRunId();
          const listing = await withTarget(settings, runId, context, async (session, user, dump) => {
            if (consults && dump === undefined)
              await assertStands(session, definition.name, {
                file: given.text('doctor'),
                variables,
                target: settings.target,
                line,
              });
            return definition.run(session, {context, settings, user, runId, line}, {args, own});
          });
          const exit = await tell(listing, context);
          return exit === EXIT.done ? (listing.exit ?? exit) : exit;
        },
      };
    },
  };
}

/** The definition of a command that needs no target. */
interface LocalCommand<Own extends OptionSet> extends Base<Own> {
  /** The forms of its result; by default those of a listing. */
  readonly formats?: readonly Format[];
  /** `commands` are all that there are: a worker carries out others. */
  run(context: RunContext, given: Given<Own> & {readonly commands: readonly Command[]}): Promise<Exit>;
}

/** A command that needs no target. */
export function localCommand<Own extends OptionSet>(definition: LocalCommand<Own>): Command {
  const {options} = definition;
  const result = resultOptions(definition.formats ?? LISTING_FORMATS);
  return {
    ...definition,
    options: 'format' in options ? {...options, ...result} : options,
    exits: {...EXIT_MEANINGS.reads, ...definition.exits},
    prepare({given, args, commands}) {
      const problems = problemsOf(given, definition.name);
      requirePositionals(definition, args, problems);
      const own = readValues(definition.options, given, problems);
      const output = readOutput(given, problems, definition.formats ?? LISTING_FORMATS);
      problems.throwIfAny();
      return {kind: 'local', output, run: (context) => definition.run(context, {args, own, commands})};
    },
  };
}

/** The definition of a command that prints a text about this tool: it needs no log and no target. */
interface TextCommand extends Base<OptionSet> {
  text(args: readonly string[], about: Pick<Invocation, 'commands' | 'version' | 'terminal'>): string;
}

/** A command that prints a text about this tool. */
export function textCommand(definition: TextCommand): Command {
  return {
    ...definition,
    exits: {0: 'done', 5: 'usage'},
    prepare({given, args, ...about}) {
      const problems = problemsOf(given, definition.name);
      requirePositionals(definition, args, problems);
      problems.throwIfAny();
      return {kind: 'text', text: definition.text(args, about)};
    },
  };
}

function requirePositionals(
  {name, positionals = [], examples}: Base<OptionSet>,
  args: readonly string[],
  problems: Problems,
): void {
  const needed = positionals.filter(({optional}) => optional !== true);
  if (needed.every((_, at) => (args[at] ?? '') !== '')) return;
  const words = needed.map((positional) => positional.name).join(' and ');
  problems.add(`${name} needs ${words}: vch-migrate ${examples[0]?.[0] ?? name}`);
}
