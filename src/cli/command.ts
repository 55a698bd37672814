import type {AnyOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import type {PlannedOutcome} from '../containers/saved-plan.js';
import type {Logger} from '../log.js';
import type {Format, Listing} from '../report/format.js';
import {LISTING_FORMATS} from '../report/formats.js';
import type {Report, ReportCommand as ReportCommandName} from '../report/report.js';
import type {ReadText} from '../text-file.js';
import type {UpgradeOutcome} from '../vch-upgrade/outcome.js';
import type {Session} from '../vim25/session.js';
import type {RunContext} from './context.js';
import type {Exit} from './exit.js';
import {
  commandText,
  type Ended,
  type Given,
  type MoreWords,
  type Named,
  simulatorGone,
  type Told,
  withYes,
} from './next.js';
import {type GivenOptions, type OptionSet, type Problems, problemsOf, readValues} from './option.js';
import {outputOptions, runOptions, sharedRunOptions, targetOptions, vchOptions} from './options.js';
import {type OutputSettings, readOutput, readSettings, type Settings} from './settings.js';
import type {Terminal} from './terminal.js';

/** A command line, and what it is read against. */
export interface Invocation {
  readonly given: GivenOptions;
  /** The arguments that stand on the command line: there may be fewer than the command names, and one may be empty. */
  readonly args: readonly string[];
  readonly commands: readonly Command[];
  readonly terminal: Pick<Terminal, 'variables' | 'interactive'>;
  readonly read?: ReadText;
}

/** How the help shows a command. */
interface Base<Own extends OptionSet> {
  /** One word, or that of its group and its own: `plugins list`. */
  readonly name: string;
  /** Commands that share their first word, and what the help says of them together. */
  readonly group?: {readonly name: string; readonly summary: string};
  readonly aliases?: readonly string[];
  readonly positionals?: readonly {readonly name: string; readonly optional?: true}[];
  /** One line for the list of commands. */
  readonly summary: string;
  readonly options: Own;
  /** Command lines behind `vch-migrate`, and what they are for. */
  readonly examples: readonly (readonly [string, string])[];
  /** Flags that stand for another command, as `upgrade --rollback` does for `rollback`. */
  readonly standsFor?: Readonly<Record<string, string>>;
}

/** One command of the list. */
export interface Command extends Base<OptionSet> {
  /** Reads the settings; throws VCH_ERR_USAGE with everything that is wrong with them. */
  prepare(invocation: Invocation): Prepared;
}

/** A command whose settings are read, checked and decided. */
export type Prepared =
  | PreparedReport
  | {
      readonly kind: 'local';
      readonly output: OutputSettings;
      /** Does the work, prints the result, and gives back the exit code. */
      run(context: RunContext): Promise<Exit>;
    };

/** A command over one VCH that ends with a report. */
export interface PreparedReport {
  readonly kind: 'report';
  readonly name: ReportCommandName;
  readonly settings: Settings;
  readonly output: OutputSettings;
  /** Directories with third-party plugins. */
  readonly plugins: readonly string[];
  readonly shared: ReturnType<typeof sharedRunOptions>;
  /** A person is asked before the first write. */
  readonly asks: boolean;
  readonly asksForName: boolean;
  /** Reads local files: nothing is asked or contacted before they are known to be good. */
  read(about: About): Promise<ReadyRun>;
  exitCode(ended: Ended): Exit;
  next(ended: Ended): string;
}

/** A run that has read all it needs from this machine. */
export interface ReadyRun {
  /** What the command adds to the options of every run. */
  readonly options: Partial<RunOptions>;
  run(session: Session, options: RunOptions): Promise<CommandOutcome>;
  question(planned: AnyOutcome): string | undefined;
  /** The digest of the saved plan that it made or carried out. */
  planDigest(made: Made): Promise<string | undefined>;
}

/** What a command over one VCH comes to. */
export type CommandOutcome = AnyOutcome &
  Partial<Pick<UpgradeOutcome, 'checks' | 'upgrade'> & Pick<PlannedOutcome, 'plan'>>;

/** What reading local files may need to know. */
export interface About {
  readonly version: string;
  readonly now: () => Date;
}

export interface Made {
  readonly outcome: CommandOutcome;
  readonly report: Report;
  readonly log: Logger;
}

/** What a command over one VCH says of itself. `More` is what its own options add to those of every run. */
export interface ReportCommand<Own extends OptionSet, More extends object> extends Base<Own> {
  readonly name: ReportCommandName;
  /** It changes VMs: a person is asked before, or has said --yes and which VCH. */
  readonly writes: boolean;
  /** Its argument is the file of a saved plan, which says which VCH is meant. */
  readonly takesPlan?: true;
  /** It takes the VCH down: only the name of the VCH answers its question. */
  readonly asksForName?: true;
  /** What was given adds this to the options of every run; local files are read here. */
  read(given: Given<Own>, about: About): Promise<More & Partial<RunOptions>>;
  run(session: Session, options: RunOptions & More, given: Given<Own>): Promise<CommandOutcome>;
  /** What a person should know of the appliance before saying yes. */
  question?(planned: AnyOutcome, more: NoInfer<More>): string;
  /** Saves the plan that it made, or knows the one that it carried out: gives the digest. */
  planDigest?(made: Made, given: Given<Own>, more: More): Promise<string | undefined>;
  /** Unless a person is needed, a signal came, or the question was answered with no. */
  exitCode(told: Told<Own>): Exit;
  /** What to do next, with the command line that does it. */
  next(told: Told<Own>): string;
}

/** Of a command whose options add nothing to a run. */
export const nothingMore = async (): Promise<object> => ({});

/** A command over one VCH, with the options that all of them take. */
export function reportCommand<Own extends OptionSet, More extends object>(
  definition: ReportCommand<Own, More>,
): Command {
  const {name, takesPlan = false, writes} = definition;
  const options = {...targetOptions, ...vchOptions, ...runOptions, ...definition.options, ...outputOptions};
  return {
    ...definition,
    options,
    prepare({given, args, commands, terminal, read}) {
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
      const told = (ended: Ended): Told<Own> => ({
        ...ended,
        args,
        own,
        // A report that programs can read knows what is left.
        known: given.texts('report').find((path) => path.toLowerCase().endsWith('.json')),
        line: (next, {words = [], without} = {}) =>
          commandText(
            commands.find((command) => command.name === next) ?? {name: next, options: {}},
            given,
            {...ended.report.vch, nameIsUnique: true},
            {words: [...(next === name ? args : []), ...words], without},
          ),
      });
      return {
        kind: 'report',
        name,
        settings,
        output: settings.output,
        plugins: run.plugins,
        shared: sharedRunOptions(run),
        asks,
        asksForName: definition.asksForName ?? false,
        async read(about) {
          const more = await definition.read({args, own}, about);
          return {
            options: more,
            run: (session, all) => definition.run(session, {...more, ...all}, {args, own}),
            question: (planned) => definition.question?.(planned, more),
            planDigest: async (made) => definition.planDigest?.(made, {args, own}, more),
          };
        },
        exitCode: (ended) => definition.exitCode(told(ended)),
        next(ended) {
          const {target} = settings;
          return target.kind === 'simulator' && writes && !ended.declined
            ? simulatorGone(target.fixture)
            : definition.next(told(ended));
        },
      };
    },
  };
}

/** What a command says of itself that lists what it finds on a target. */
export interface ListingCommand<Own extends OptionSet> extends Base<Own> {
  /** Logged in; gives the document that it prints, and its text for people. */
  run(session: Session, about: ListingAbout, given: Given<Own>): Promise<Listing>;
}

/** What a listing is made of besides the target itself. */
export interface ListingAbout {
  readonly context: RunContext;
  readonly settings: Settings;
  readonly user: string;
  readonly runId: string;
  readonly line: (next: string, vch: Named, more?: MoreWords) => string;
}

/** A command that lists what it finds on a target. */
export function listingCommand<Own extends OptionSet>(definition: ListingCommand<Own>): Command {
  const options = {...targetOptions, ...vchOptions, ...definition.options, ...outputOptions};
  return {
    ...definition,
    options,
    prepare({given, args, commands, terminal, read}) {
      const problems = problemsOf(given, definition.name);
      const own = readValues(definition.options, given, problems);
      const settings = readSettings(given, problems, {
        command: definition.name,
        terminal,
        read,
        needsVch: false,
        formats: LISTING_FORMATS,
      });
      const line: ListingAbout['line'] = (next, vch, more) =>
        commandText(
          commands.find((command) => command.name === next) ?? {name: next, options: {}},
          given,
          vch,
          more,
        );
      return {
        kind: 'local',
        output: settings.output,
        async run(context) {
          const [{withTarget}, {tell}] = await Promise.all([import('./login.js'), import('./publish.js')]);
          const runId = context.newRunId();
          const listing = await withTarget(settings, runId, context, (session, user) =>
            definition.run(session, {context, settings, user, runId, line}, {args, own}),
          );
          return tell(listing, context);
        },
      };
    },
  };
}

/** What a command says of itself that needs no target. */
export interface LocalCommand<Own extends OptionSet> extends Base<Own> {
  /** The forms of its result: those of a listing unless it says otherwise. */
  readonly formats?: readonly Format[];
  run(context: RunContext, given: Given<Own>): Promise<Exit>;
}

/** A command that needs no target. */
export function localCommand<Own extends OptionSet>(definition: LocalCommand<Own>): Command {
  return {
    ...definition,
    prepare({given, args}) {
      const problems = problemsOf(given, definition.name);
      requirePositionals(definition, args, problems);
      const own = readValues(definition.options, given, problems);
      const output = readOutput(given, problems, definition.formats ?? LISTING_FORMATS);
      problems.throwIfAny();
      return {kind: 'local', output, run: (context) => definition.run(context, {args, own})};
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
