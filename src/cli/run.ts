import {toVchError, type VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Failure} from '../report/failure.js';
import {type Format, isFormat} from '../report/format.js';
import {printable} from '../report/printable.js';
import type {CliContext, Command} from './command.js';
import {plantedSecrets} from './credentials.js';
import {readEnvironment} from './environment.js';
import {EventStream} from './event-stream.js';
import {EXIT, exitCodeOfError} from './exit-code.js';
import type {GivenOptions} from './option-table.js';
import {parseCommandLine} from './parse-command-line.js';
import {writeReports} from './publish.js';
import {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import {readTextFile} from './settings-file.js';
import {withSettingsFile} from './with-settings-file.js';

/** What is known of a command line when it fails. */
interface Failing {
  readonly command: string | null;
  readonly format: Format;
  readonly output: OutputSettings | undefined;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly events: EventStream | undefined;
}

/** Runs one command line from parsing to printing, and gives back the exit code. Throws nothing. */
export async function run(
  args: readonly string[],
  commands: readonly Command[],
  context: CliContext,
): Promise<number> {
  const {terminal, version, stop, now} = context;
  const redactor = new Redactor();
  let failing: Failing = {
    command: null,
    format: 'text',
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
    const command = parsed.command.instead?.(parsed.given) ?? parsed.command;
    const know = (given: GivenOptions) => {
      for (const secret of plantedSecrets(given, readEnvironment(terminal.variables), readTextFile))
        redactor.add(secret);
      const asked = given.text('format') ?? '';
      failing = {...failing, command: command.name, format: isFormat(asked) ? asked : 'text'};
    };
    know(parsed.given);
    parsed.refuseUnknown();
    const given = await withSettingsFile(parsed.given, command, readTextFile);
    know(given);
    const {output, run: start} = command.prepare(given, parsed.args, context);
    // Not before it is needed: loading winston takes longer than all of --help.
    const {withRunLogger} = await import('./logger.js');
    return await withRunLogger({...output, errors: terminal.errors, redactor, now}, async (log) => {
      const events = new EventStream(terminal);
      const failed = {...failing, output, log, events};
      const tell = () => log.warn(`${stop.by()}: finishing what is in flight; a second signal exits at once`);
      stop.signal.addEventListener('abort', tell, {once: true});
      try {
        return await start({...context, log, redactor, output, events});
      } catch (error) {
        return await fail(toVchError(error), failed, context);
      } finally {
        stop.signal.removeEventListener('abort', tell);
      }
    });
  } catch (error) {
    return fail(toVchError(error), failing, context);
  }
}

/** Tells why a command failed: a line on stderr, and a document for programs. */
async function fail(
  error: VchError,
  failing: Failing,
  {terminal, stop, version, now}: CliContext,
): Promise<number> {
  const {log, redactor, output} = failing;
  log.error(`${error.code}: ${error.message}`);
  for (const line of stackOf(error)) log.debug(line);
  const message = redactor.redact(error.message);
  const failure: Failure = {
    schema: 'vch-migrate/error/v1',
    error: {code: error.code, message, ...(error.fault === undefined ? {} : {fault: error.fault})},
    command: failing.command,
    tool: {name: 'vch-migrate', version},
  };
  try {
    const {renderFailure} = await import('../report/render-failure.js');
    const render = (format: Format) => renderFailure(failure, format, now().toISOString());
    // People have it on stderr already.
    if (failing.events?.opened) {
      // The head of the stream is out already.
      failing.events.write({type: 'error', error: failure.error});
      await failing.events.flushed();
    } else if (failing.format !== 'text') await terminal.out(render(failing.format));
    if (output !== undefined) writeReports(render, output);
  } catch (second) {
    const added = toVchError(second);
    log.error(`${added.code}: ${added.message}`);
  }
  return exitCodeOfError(error, stop.by());
}

function stackOf(error: Error): readonly string[] {
  const lines = (error.stack ?? error.message).split('\n');
  if (!(error.cause instanceof Error)) return lines;
  return [...lines, 'caused by:', ...stackOf(error.cause)];
}

/** The log of a command line that never came so far as to open one. */
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
