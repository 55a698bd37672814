import {toVchError, type VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Failure} from '../report/failure.js';
import {toJson} from '../report/json.js';
import {printable} from '../report/printable.js';
import type {CliContext, Command} from './command.js';
import {plantedSecrets} from './credentials.js';
import {readEnvironment} from './environment.js';
import {EXIT, exitCodeOfError} from './exit-code.js';
import {parseCommandLine} from './parse-command-line.js';
import {writeReport} from './publish.js';
import {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import {readTextFile} from './settings-file.js';

/** What is known of a command line when it fails. */
interface Failing {
  readonly command: string | null;
  readonly json: boolean;
  readonly output: OutputSettings | undefined;
  readonly log: Logger;
  readonly redactor: Redactor;
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
    json: false,
    output: undefined,
    log: errorsOnly(context, redactor),
    redactor,
  };
  try {
    const parsed = await parseCommandLine(args, {commands, version, columns: terminal.columns});
    if (parsed.kind === 'text') {
      await terminal.out(parsed.text);
      return EXIT.done;
    }
    const {command, given} = parsed;
    for (const secret of plantedSecrets(given, readEnvironment(terminal.variables), readTextFile))
      redactor.add(secret);
    failing = {...failing, command: command.name, json: given.text('format') === 'json'};
    parsed.refuseUnknown();
    const {output, run: start} = command.prepare(given, parsed.args, context);
    // Not before it is needed: loading winston takes longer than all of --help.
    const {withRunLogger} = await import('./logger.js');
    return await withRunLogger({...output, errors: terminal.errors, redactor, now}, async (log) => {
      const failed = {...failing, output, log};
      const tell = () => log.warn(`${stop.by()}: finishing what is in flight; a second signal exits at once`);
      stop.signal.addEventListener('abort', tell, {once: true});
      try {
        return await start({...context, log, redactor, output});
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
  {terminal, stop, version}: CliContext,
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
    if (failing.json) await terminal.out(toJson(failure));
    if (output !== undefined) {
      writeReport({json: failure, text: () => `vch-migrate: ${error.code}: ${printable(message)}\n`}, output);
    }
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
