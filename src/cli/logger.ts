import {constants, createWriteStream, fstatSync} from 'node:fs';
import {Socket} from 'node:net';
import type {Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import winston from 'winston';
import {systemCode, toVchError, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {printable} from '../report/printable.js';
import type {Redactor} from './redactor.js';
import {openForWriting, whyUnwritten} from './result-file.js';
import type {OutputSettings} from './settings.js';

export interface RunLoggerOptions extends Pick<OutputSettings, 'logFile' | 'debug' | 'quiet'> {
  /** stderr. */
  readonly errors: Writable;
  /** Each line has a time: stderr is no terminal, or the lines come minutes apart. */
  readonly timed?: boolean;
  readonly redactor: Redactor;
  readonly now: () => Date;
}

/** The log of a run. */
export interface RunLogger extends Logger {
  /** For the log file, and for the terminal with --debug: what is drawn over there. */
  verbose?(message: string): void;
}

/** Calls `use` with a logger for one run, and then waits until everything is written. */
export async function withRunLogger<T>(
  options: RunLoggerOptions,
  use: (log: RunLogger) => Promise<T>,
): Promise<T> {
  const file = options.logFile === undefined ? undefined : openLogFile(options.logFile);
  const logger = winston.createLogger({
    levels: {error: 0, warn: 1, info: 2, verbose: 3, debug: 4},
    level: options.debug ? 'debug' : 'verbose',
    format: cleanFormat(options.redactor),
    transports: [
      new winston.transports.Stream({
        stream: options.errors,
        level: options.quiet ? 'error' : options.debug ? 'debug' : 'info',
        format: terminalFormat(options),
        eol: '\n',
      }),
      ...(file === undefined
        ? []
        : [new winston.transports.Stream({stream: file, format: fileFormat(options.now), eol: '\n'})]),
    ],
  });
  const log: RunLogger = {
    error: (message) => void logger.log('error', message),
    warn: (message) => void logger.log('warn', message),
    info: (message) => void logger.log('info', message),
    verbose: (message) => void logger.log('verbose', message),
    debug: (message) => void logger.log('debug', message),
  };
  // If the log's disk is full, the run must still finish its writes.
  file?.on('error', (error) =>
    options.errors.write(`vch-migrate: the log file cannot be written: ${systemCode(error)}\n`),
  );
  try {
    return await use(log);
  } finally {
    const drained = new Promise((resolve) => logger.once('finish', resolve));
    logger.end();
    await drained;
    if (file !== undefined && !file.destroyed) {
      file.end();
      // Whoever reads from a pipe may have stopped.
      await finished(file, {signal: AbortSignal.timeout(LAST_LINES)}).catch(() => file.destroy());
    }
  }
}

/** Milliseconds for the last lines to be written. */
const LAST_LINES = 10_000;

function openLogFile(path: string): Writable {
  try {
    // Opened at once: if the log file cannot be written, the run does nothing.
    const fd = openForWriting(path, constants.O_APPEND | constants.O_CREAT);
    return fstatSync(fd).isFIFO() ? new Socket({fd, readable: false}) : createWriteStream(path, {fd});
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--log-file cannot be opened (${whyUnwritten(error)}); name a file in a folder that can be written`,
      {cause: toVchError(error)},
    );
  }
}

/** Redacts twice: removing control characters could join the halves of a secret. */
function cleanFormat(redactor: Redactor): winston.Logform.Format {
  return winston.format((info) => {
    info.message = redactor.redact(printable(redactor.redact(String(info.message))));
    return info;
  })();
}

const PREFIX = new Map([
  ['error', 'vch-migrate: '],
  ['warn', 'warning: '],
  ['debug', 'debug: '],
]);

/** What `status --watch` says has a time of its own. */
const HAS_TIME = /^\d\d:\d\d:\d\d /;

function terminalFormat({debug, timed = false, now}: RunLoggerOptions): winston.Logform.Format {
  return winston.format.printf(({level, message}) => {
    const at = now().toISOString();
    const time =
      level === 'error'
        ? ''
        : debug
          ? `${at} `
          : timed && !HAS_TIME.test(String(message))
            ? `${at.slice(11, 19)} UTC  `
            : '';
    return `${time}${PREFIX.get(level) ?? ''}${message}`;
  });
}

function fileFormat(now: () => Date): winston.Logform.Format {
  return winston.format.printf(({level, message}) =>
    JSON.stringify({time: now().toISOString(), pid: process.pid, level, message}),
  );
}
