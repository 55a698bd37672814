#!/usr/bin/env node
import {randomUUID} from 'node:crypto';
import {setFlagsFromString} from 'node:v8';
import {TOOL_VERSION} from '../tool-version.js';
import {commands} from './commands.js';
import {layers} from './context.js';
import {run} from './run.js';
import {listenForStop} from './stop.js';
import {processTerminal} from './terminal.js';

// Left to itself V8 lets the 50 MB that a VCH of 10,000 containerVMs needs grow to 250 before it collects.
setFlagsFromString('--optimize-for-size');

// A defect outside of every promise we wait for: one line, as for every other failure, and no guess about the state.
process.on('uncaughtException', (error) => {
  process.stderr.write(
    `vch-migrate: VCH_ERR_INTERNAL: a defect of vch-migrate (${error.name}); see vch-migrate status\n`,
  );
  process.exit(1);
});

process.exitCode = await run(process.argv.slice(2), commands, {
  ...layers,
  terminal: processTerminal(process),
  stop: listenForStop(process, (code) => process.exit(code)),
  version: TOOL_VERSION,
  now: () => new Date(),
  newRunId: randomUUID,
});

// A third-party plugin may leave a timer behind, which must not keep the process alive. Without one this never fires.
setTimeout(() => process.exit(), 1000).unref();
