import type {Logger} from '../log.js';
import type {EventStream} from './event-stream.js';
import type {Operations} from './operations.js';
import type {GivenOptions, OptionName} from './option-table.js';
import type {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';

/** What every command works with. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly operations: Operations;
  readonly stop: Stop;
  readonly version: string;
  readonly now: () => Date;
  readonly newRunId: () => string;
}

/** What a command works with once its settings are read and the log is open. */
export interface RunContext extends CliContext {
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly events: EventStream;
  readonly output: OutputSettings;
}

/** A command whose settings are read, checked and decided. */
export interface PreparedCommand {
  readonly output: OutputSettings;
  /** Does the work, prints the result, and gives back the exit code. */
  readonly run: (context: RunContext) => Promise<number>;
}

/** One command: how the help shows it, and how it is prepared. */
export interface Command {
  /** One word, or that of its group and its own: `plugins list`. */
  readonly name: string;
  /** Commands that share their first word, and what the help says of them together. */
  readonly group?: {readonly name: string; readonly summary: string};
  readonly aliases: readonly string[];
  /** Names of the arguments it takes, such as `FIXTURE`, in their order. */
  readonly arguments?: readonly string[];
  /** The command that options of this one stand for, as `upgrade --rollback` does for `rollback`. */
  readonly instead?: (given: GivenOptions) => Command | undefined;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly options: readonly OptionName[];
  /** Command lines behind `vch-migrate`, and what they are for. */
  readonly examples: readonly (readonly [string, string])[];
  /**
   * Reads the settings; throws VCH_ERR_USAGE with everything that is wrong with them. `args` are the arguments that
   * stand on the command line: there may be fewer than the command names, and one may be empty.
   */
  prepare(given: GivenOptions, args: readonly string[], context: CliContext): PreparedCommand;
}
