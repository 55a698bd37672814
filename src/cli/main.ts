#!/usr/bin/env node
import {randomUUID} from 'node:crypto';
import {closeSync} from 'node:fs';
import {isatty} from 'node:tty';
import {thrownText} from '../errors.js';
import {TOOL_VERSION} from '../tool-version.js';
import {commands} from './commands.js';
import {layers} from './context.js';
import {EXIT} from './exit.js';
import {run} from './run.js';
import {listenForStop} from './stop.js';
import {processTerminal} from './terminal.js';
import {setUpV8} from './v8.js';

setUpV8();

// A library's use of Node is nothing that a user could change.
process.noDeprecation = true;

// A plugin may call process.exit, and a promise that never settles ends the process silently: neither goes unreported.
let finished = false;
process.on('exit', (code) => {
  if (finished) return;
  process.exitCode = EXIT.failed;
  process.stderr.write(
    `vch-migrate: VCH_ERR_INTERNAL: a plugin or a defect ended the process (exit ${code}) before its report; ` +
      'see what was written with vch-migrate status\n',
  );
});

/** Ends the process at once. */
function end(code: number): never {
  finished = true;
  process.exit(code);
}

const stop = listenForStop(process, end);

// Nobody caught it: what is in flight is finished, as a VCH may be down, and the run ends with this line.
let uncaught: string | undefined;
process.on('uncaughtException', (error: unknown) => {
  uncaught ??= `vch-migrate: VCH_ERR_INTERNAL: a defect of vch-migrate or of a plugin (${thrownText(error).split(':')[0]}); see vch-migrate status\n`;
  if (stop.by() === null) stop.stopFor('an error that nobody caught');
});

// Node resets its terminal at the end, and aborts where an ssh connection has taken that away: then it must not know it.
const terminals = [0, 1, 2].filter(isatty);
process.on('exit', () => {
  for (const file of terminals) if (!isatty(file)) closeSync(file);
});

const terminal = processTerminal(process);
// stdout is for the result: what a plugin prints goes to stderr.
process.stdout.write = terminal.errors.write.bind(terminal.errors);

process.exitCode = await run(process.argv.slice(2), commands, {
  ...layers,
  terminal,
  stop,
  version: TOOL_VERSION,
  now: () => new Date(),
  newRunId: randomUUID,
});
finished = true;
if (uncaught !== undefined) {
  process.stderr.write(uncaught);
  if (process.exitCode !== EXIT.person) process.exitCode = EXIT.failed;
}

// A timer that a plugin leaves behind must not keep the process alive. Without one, this never fires.
setTimeout(() => process.exit(), 1000).unref();
