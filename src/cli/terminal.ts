import {createInterface} from 'node:readline';
import {Writable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {systemCode, VchError} from '../errors.js';

/** The last lines of a terminal, which can be redrawn. */
export interface LiveLines {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Draws these lines in place of the last ones. */
  show(text: string): void;
  /** Draws nothing any more. */
  clear(): void;
}

/** Where the commands print and ask. */
export interface Terminal {
  /** A person can be asked: stdin and stderr are a terminal. */
  readonly interactive: boolean;
  /** stdout is a terminal that shows colours. */
  readonly colour: boolean;
  /** It shows more than ASCII. */
  readonly unicode: boolean;
  /** Columns of stdout. */
  readonly columns: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** stderr: logs and progress. */
  readonly errors: Writable;
  /** If stderr is a terminal: its last lines for progress, cleared before anything else is written. */
  readonly live: LiveLines | undefined;
  /** Writes to stdout: results, and nothing else. False if its reader is gone (`| head`). */
  out(text: string): Promise<boolean>;
  /** Asks a question, and returns the line that is typed; empty if the signal comes first. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  /** Asks for a line that is not shown while it is typed. */
  askSecret(question: string): Promise<string>;
}

/** The width of text without a terminal. */
const PAGE_COLUMNS = 120;
const PAGE_ROWS = 24;

/** The terminal of a real process. */
export function processTerminal(process: NodeJS.Process): Terminal {
  const {stdin, stdout, stderr, env} = process;
  // A reader that is gone (`| head`) is not our failure; without listeners it would end the process with a stack.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  // The original function: main.ts sends what plugins write to stdout elsewhere.
  const print = stdout.write.bind(stdout);
  const line = new StatusLines(stderr);
  const drawn = stderr.isTTY === true && env.TERM !== 'dumb';
  const errors = drawn ? line.around : stderr;
  return {
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    colour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || 'UTF-8'),
    // A pseudo-terminal may report 0.
    columns: (stdout.isTTY === true && stdout.columns) || PAGE_COLUMNS,
    variables: env,
    errors,
    live: drawn
      ? {
          // Read each time, because windows are resized.
          get columns() {
            return stderr.columns || PAGE_COLUMNS;
          },
          get rows() {
            return stderr.rows || PAGE_ROWS;
          },
          colour: !env.NO_COLOR,
          show: (text) => line.show(text),
          clear: () => line.clear(),
        }
      : undefined,
    out: (text) => {
      line.clear();
      return write(print, text);
    },
    ask: async (question, signal) => {
      line.clear();
      await dropTyped(stdin, () => process.kill(process.pid, 'SIGINT'));
      return ask(stdin, stderr, question, signal);
    },
    askSecret: (question) => {
      line.clear();
      return askSecret(stdin, stderr, question);
    },
  };
}

function write(
  print: (text: string, written: (error?: Error | null) => void) => unknown,
  text: string,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    print(text, (error) => {
      if (error === null || error === undefined) resolve(true);
      else if (systemCode(error) === 'EPIPE') resolve(false);
      else
        reject(
          new VchError(
            'VCH_ERR_INTERNAL',
            `stdout could not be written (${systemCode(error)}); what was done is done, see it with vch-migrate status`,
          ),
        );
    });
  });
}

/**
 * Drops what was typed before a question: it cannot be the answer. In raw mode this includes a line that is not ended
 * yet, and Ctrl-C is a key instead of a signal.
 */
async function dropTyped(input: NodeJS.ReadStream, interrupt: () => void): Promise<void> {
  if (input.isTTY !== true) return;
  let came = true;
  const drop = (chunk: Buffer | string) => {
    came = true;
    if (String(chunk).includes('\u0003')) interrupt();
  };
  input.setRawMode(true);
  input.on('data', drop);
  try {
    // A terminal delivers one line per turn of the event loop.
    while (came) {
      came = false;
      await turns(3);
    }
  } finally {
    input.off('data', drop).pause();
    input.setRawMode(false);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

function ask(
  input: NodeJS.ReadStream,
  output: Writable,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  // Not as a terminal: the kernel edits the line, and Ctrl-C becomes a signal as usual.
  const lines = createInterface({input, output, terminal: false, signal});
  return new Promise((resolve) => {
    // By the signal, or the end of the input: a terminal that goes ends the input a moment before its SIGHUP is heard.
    lines.once('close', () => void turns(3).then(() => resolve('')));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

function askSecret(input: NodeJS.ReadStream, output: Writable, question: string): Promise<string> {
  output.write(question);
  const nowhere = new Writable({write: (_chunk, _encoding, done) => done()});
  const lines = createInterface({input, output: nowhere, terminal: true});
  return new Promise<string>((resolve, reject) => {
    // In raw mode Ctrl-C is a key, not a signal.
    lines.once('SIGINT', () => {
      reject(
        new VchError(
          'VCH_ERR_INTERRUPTED',
          'stopped while asking for the password; nothing was done, start again',
        ),
      );
      lines.close();
    });
    lines.once('close', () => {
      output.write('\n');
      resolve('');
    });
    lines.question('', (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

/** The last lines of a terminal: redrawn during a run, and cleared before anything else is written. */
export class StatusLines {
  readonly #stream: Writable;
  #shown = 0;
  /** For everything else that is written to the terminal. */
  readonly around: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.around = new Writable({
      decodeStrings: false,
      write: (chunk, encoding, done) => {
        this.clear();
        stream.write(chunk, encoding);
        // At once: `show` must not overtake what was written before it.
        done();
      },
    });
  }

  show(text: string): void {
    const lines = text.split('\n');
    // Line by line: some terminals keep a whole screen that is erased at once in their history.
    const drawn = lines.map((line) => `${line}\u001b[K`).join('\n');
    const rest = this.#shown > lines.length ? '\u001b[J' : '';
    this.#stream.write(`${this.#toFirst()}${drawn}${rest}`);
    this.#shown = lines.length;
  }

  clear(): void {
    if (this.#shown === 0) return;
    const erased = Array(this.#shown).fill('\u001b[K').join('\n');
    this.#stream.write(`${this.#toFirst()}${erased}${this.#toFirst()}`);
    this.#shown = 0;
  }

  /** To the beginning of the first line. */
  #toFirst(): string {
    return this.#shown > 1 ? `\r\u001b[${this.#shown - 1}A` : '\r';
  }
}
