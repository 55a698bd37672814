#!/usr/bin/env node
import {randomUUID} from 'node:crypto';
import {setFlagsFromString} from 'node:v8';
import {thrownText} from '../errors.js';
import {TOOL_VERSION} from '../tool-version.js';
import {commands} from './commands.js';
import {layers} from './context.js';
import {EXIT} from './exit.js';
import {run} from './run.js';
import {listenForStop} from './stop.js';
import {processTerminal} from './terminal.js';

// By default, V8 lets the 50 MB that a VCH of 10,000 containerVMs needs grow to 250 before it collects garbage.
setFlagsFromString('--optimize-for-size');

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

// A defect outside of all promises that are awaited: one line, as for other failures, without a guess about the state.
process.on('uncaughtException', (error: unknown) => {
  process.stderr.write(
    `vch-migrate: VCH_ERR_INTERNAL: a defect of vch-migrate or of a plugin (${thrownText(error).split(':')[0]}); see vch-migrate status\n`,
  );
  end(EXIT.failed);
});

const terminal = processTerminal(process);
// stdout is for the result: what a plugin prints goes to stderr.
process.stdout.write = terminal.errors.write.bind(terminal.errors);

process.exitCode = await run(process.argv.slice(2), commands, {
  ...layers,
  terminal,
  stop: listenForStop(process, end),
  version: TOOL_VERSION,
  now: () => new Date(),
  newRunId: randomUUID,
});
finished = true;

// A timer that a plugin leaves behind must not keep the process alive. Without one, this never fires.
setTimeout(() => process.exit(), 1000).unref();
