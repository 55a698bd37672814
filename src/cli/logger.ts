import {createWriteStream, openSync} from 'node:fs';
import type {Writable} from 'node:stream';
import {finished} from 'node:stream/promises';
import winston from 'winston';
import {systemCode, toVchError, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {printable} from '../report/printable.js';
import type {Redactor} from './redactor.js';

export interface RunLoggerOptions {
  /** stderr: where people read along. */
  readonly errors: Writable;
  readonly logFile: string | undefined;
  readonly debug: boolean;
  readonly quiet: boolean;
  readonly redactor: Redactor;
  readonly now: () => Date;
}

/** Gives a logger for one run, and takes care that all it was told is written when the run is over. */
export async function withRunLogger<T>(
  options: RunLoggerOptions,
  use: (log: Logger) => Promise<T>,
): Promise<T> {
  const file = options.logFile === undefined ? undefined : openLogFile(options.logFile);
  const logger = winston.createLogger({
    levels: {error: 0, warn: 1, info: 2, debug: 3},
    level: options.debug ? 'debug' : 'info',
    format: cleanFormat(options.redactor),
    transports: [
      new winston.transports.Stream({
        stream: options.errors,
        level: terminalLevel(options),
        format: terminalFormat(options),
        eol: '\n',
      }),
      ...(file === undefined
        ? []
        : [new winston.transports.Stream({stream: file, format: fileFormat(options.now), eol: '\n'})]),
    ],
  });
  const log: Logger = {
    error: (message) => void logger.log('error', message),
    warn: (message) => void logger.log('warn', message),
    info: (message) => void logger.log('info', message),
    debug: (message) => void logger.log('debug', message),
  };
  // A full disk under the log must not end a run in the middle of its writes.
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
      await finished(file).catch(() => undefined);
    }
  }
}

function openLogFile(path: string): ReturnType<typeof createWriteStream> {
  try {
    // Opened at once, so that a log file that cannot be written stops the run before it does anything.
    return createWriteStream(path, {fd: openSync(path, 'a', 0o600)});
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--log-file cannot be opened (${systemCode(error)}); name a file in a folder that can be written`,
      {cause: toVchError(error)},
    );
  }
}

/** Secrets go first and last: taking out control characters could put the halves of one together. */
function cleanFormat(redactor: Redactor): winston.Logform.Format {
  return winston.format((info) => {
    info.message = redactor.redact(printable(redactor.redact(String(info.message))));
    return info;
  })();
}

function terminalLevel({debug, quiet}: RunLoggerOptions): string {
  if (quiet) return 'error';
  return debug ? 'debug' : 'info';
}

function terminalFormat({debug, now}: RunLoggerOptions): winston.Logform.Format {
  return winston.format.printf(({level, message}) => {
    const time = debug ? `${now().toISOString()} ` : '';
    switch (level) {
      case 'error':
        return `vch-migrate: ${message}`;
      case 'warn':
        return `${time}warning: ${message}`;
      case 'debug':
        return `${time}debug: ${message}`;
      default:
        return `${time}${message}`;
    }
  });
}

function fileFormat(now: () => Date): winston.Logform.Format {
  return winston.format.printf(({level, message}) =>
    JSON.stringify({time: now().toISOString(), level, message}),
  );
}
