import {statSync} from 'node:fs';
import {toVchError, type VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Failure, Format} from '../report/format.js';
import {DEFAULT_FORMAT, FORMATS} from '../report/formats.js';
import {printable} from '../report/printable.js';
import {readTextFile, remembering} from '../text-file.js';
import type {Command} from './command.js';
import type {CliContext} from './context.js';
import {plantedSecrets, readEnvironment} from './credentials.js';
import {defaultLogFile} from './default-log.js';
import {EXIT, exitCodeOfError} from './exit.js';
import type {GivenOptions} from './option.js';
import {optionsOf, parseCommandLine, standingFor} from './parse-command-line.js';
import {deliver, EventStream} from './publish.js';
import {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import {withSettings} from './settings-file.js';

/** What is known of a command line if it fails. */
interface Failing {
  readonly command: string | null;
  readonly format: Format;
  readonly output: OutputSettings | undefined;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly events: EventStream | undefined;
}

/** Runs one command line from parsing to printing, and returns the exit code. Throws nothing. */
export async function run(
  args: readonly string[],
  commands: readonly Command[],
  context: CliContext,
): Promise<number> {
  const {terminal, version, stop, now} = context;
  const redactor = new Redactor();
  const read = remembering(readTextFile);
  let failing: Failing = {
    command: null,
    format: DEFAULT_FORMAT,
    output: undefined,
    log: errorsOnly(context, redactor),
    redactor,
    events: undefined,
  };
  try {
    const parsed = await parseCommandLine(args, {commands, version, columns: terminal.columns});
    if (parsed.kind === 'text') {
      await terminal.out(parsed.text);
      return EXIT.done;
    }
    const command = standingFor(parsed.command, parsed.given, commands);
    const know = (given: GivenOptions) => {
      redactor.spare([given.text('name'), given.text('user')]);
      for (const secret of plantedSecrets(given, readEnvironment(terminal.variables), read))
        redactor.add(secret);
      const format = FORMATS.find(({name}) => name === given.text('format')) ?? DEFAULT_FORMAT;
      failing = {...failing, command: command.name, format};
    };
    know(parsed.given);
    parsed.refuseUnknown();
    const given = await withSettings(parsed.given, command, optionsOf(commands), {
      read,
      variables: terminal.variables,
    });
    know(given);
    const prepared = command.prepare({given, args: parsed.args, commands, terminal, version, read});
    if (prepared.kind === 'text') {
      await terminal.out(prepared.text);
      return EXIT.done;
    }
    const keepsLog = 'target' in command.options && !given.flag('no-log-file');
    const logFile =
      prepared.output.logFile ?? (keepsLog ? defaultLogFile(terminal.variables, now()) : undefined);
    const output = {...prepared.output, logFile};
    // Loaded late: winston takes longer to load than all of --help.
    const {withRunLogger} = await import('./logger.js');
    return await withRunLogger(
      {
        ...output,
        errors: terminal.errors,
        timed: terminal.live === undefined || given.flag('watch'),
        redactor,
        now,
      },
      async (log) => {
        for (const {path, profile} of given.settings ?? [])
          log.debug(`settings are from ${path}${profile === null ? '' : `, profile ${profile}`}`);
        const events = new EventStream(terminal);
        const failed = {...failing, output, log, events};
        const tell = () =>
          log.warn(`${stop.by()}: finishing what is in flight; a second signal exits at once`);
        stop.signal.addEventListener('abort', tell, {once: true});
        try {
          const running = {...context, log, redactor, output, events};
          if (prepared.kind === 'local') return await prepared.run(running);
          const {runReport} = await import('./run-report.js');
          return await runReport(prepared, running);
        } catch (error) {
          return await fail(toVchError(error), failed, context);
        } finally {
          stop.signal.removeEventListener('abort', tell);
        }
      },
    );
  } catch (error) {
    return fail(toVchError(error), failing, context);
  }
}

/** Reports a failure: a line on stderr, and a document for programs. */
async function fail(
  error: VchError,
  failing: Failing,
  {terminal, stop, version, now}: CliContext,
): Promise<number> {
  const {log, redactor, output} = failing;
  log.error(`${error.code}: ${error.message}`);
  // Not as a second error: scripts count those.
  if (output?.logFile !== undefined) log.info(`the log of this run is in ${output.logFile}`);
  for (const line of stackOf(error)) log.debug(line);
  const message = redactor.redact(error.message);
  const failure: Failure = {
    schema: 'vch-migrate/error/v1',
    error: {code: error.code, message, ...(error.fault === undefined ? {} : {fault: error.fault})},
    command: failing.command,
    tool: {name: 'vch-migrate', version},
  };
  try {
    const render = (format: Format) => format.failure(failure, now().toISOString());
    const print = async () => {
      // The head of the stream is out already.
      if (!failing.events?.opened)
        return failing.format === DEFAULT_FORMAT || terminal.out(render(failing.format));
      failing.events.write({type: 'error', error: failure.error});
      return failing.events.flushed();
    };
    // People have it on stderr already.
    const reports = output?.reports.filter(({path}) => !keeps(path, log)) ?? [];
    await deliver(render, {reports, details: output?.details ?? false}, print, log);
  } catch (second) {
    const added = toVchError(second);
    log.error(`${added.code}: ${added.message}`);
  }
  return exitCodeOfError(error, stop.by());
}

/** An earlier report is not overwritten by the news that this run failed. */
function keeps(path: string, log: Logger): boolean {
  const there = statSync(path, {throwIfNoEntry: false});
  if (there === undefined || !there.isFile() || there.size === 0) return false;
  log.warn(`--report ${path} still has the report of an earlier run`);
  return true;
}

function stackOf(error: Error): readonly string[] {
  const lines = (error.stack ?? error.message).split('\n');
  if (!(error.cause instanceof Error)) return lines;
  return [...lines, 'caused by:', ...stackOf(error.cause)];
}

/** The log of a command line that failed before it opened one. */
function errorsOnly({terminal}: CliContext, redactor: Redactor): Logger {
  const nothing = () => undefined;
  return {
    error: (message) =>
      void terminal.errors.write(`vch-migrate: ${redactor.redact(printable(redactor.redact(message)))}\n`),
    warn: nothing,
    info: nothing,
    debug: nothing,
  };
}
