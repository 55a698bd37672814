import {createInterface} from 'node:readline';
import {Writable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {systemCode, VchError} from '../errors.js';

/** A line at the end of a terminal that can be drawn again and again. */
export interface LiveLine {
  readonly columns: number;
  show(text: string): void;
}

/** The outside of the process, as the commands see it. */
export interface Terminal {
  /** Somebody can be asked: both ends of a conversation are a terminal. */
  readonly interactive: boolean;
  /** stdout is a terminal that shows colours. */
  readonly colour: boolean;
  /** Columns of stdout. */
  readonly columns: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** stderr: logs and progress. */
  readonly errors: Writable;
  /** Where stderr is a terminal: a line of it for progress, gone before anything else is written. */
  readonly live: LiveLine | undefined;
  /** Writes to stdout: results, and nothing else. False where nobody reads it any more (`| head`). */
  out(text: string): Promise<boolean>;
  /** Asks a question that is answered with a line. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  /** Asks for a line that does not show while it is typed. */
  askSecret(question: string): Promise<string>;
}

/** Text goes to pages of this width where there is no terminal. */
const PAGE_COLUMNS = 120;

/** The terminal of a real process. */
export function processTerminal(process: NodeJS.Process): Terminal {
  const {stdin, stdout, stderr, env} = process;
  // A reader that has gone (`| head`) is no failure of ours; without listeners it would end us with a stack.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  // Its own way to stdout: whatever else writes there may be sent elsewhere.
  const print = stdout.write.bind(stdout);
  const line = new StatusLine(stderr);
  // Without a terminal what is written goes straight to where it belongs.
  const drawn = stderr.isTTY === true && env.TERM !== 'dumb';
  const errors = drawn ? line.around : stderr;
  return {
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    colour: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    // A pseudo-terminal may say that it has none.
    columns: (stdout.isTTY === true && stdout.columns) || PAGE_COLUMNS,
    variables: env,
    errors,
    live: drawn
      ? {
          // Read each time: the window may have been resized.
          get columns() {
            return stderr.columns || PAGE_COLUMNS;
          },
          show: (text) => line.show(text),
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
            `stdout could not be written (${systemCode(error)}); free the disk, and run verify`,
          ),
        );
    });
  });
}

/**
 * Drops what was typed before a question: it was no answer to it. Raw mode hands over a line that is not ended yet, too;
 * in it Ctrl-C is a key, and not a signal.
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
    // A terminal gives one line a turn of the event loop.
    while (came) {
      came = false;
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    }
  } finally {
    input.off('data', drop).pause();
    input.setRawMode(false);
  }
}

function ask(
  input: NodeJS.ReadStream,
  output: Writable,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  // Not as a terminal: the line stays in the kernel's hands, and with it Ctrl-C, which becomes a signal as ever.
  const lines = createInterface({input, output, terminal: false});
  return new Promise<string>((resolve) => {
    const end = (answer: string) => {
      signal.removeEventListener('abort', aborted);
      resolve(answer);
      lines.close();
    };
    const aborted = () => end('');
    signal.addEventListener('abort', aborted);
    lines.once('close', () => end(''));
    lines.question(question, end);
    if (signal.aborted) end('');
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

const CLEAR = '\r\u001b[K';

/** The last line of a terminal while something goes on: drawn over and over, and gone before anything else is written. */
export class StatusLine {
  readonly #stream: Writable;
  #shown = false;
  /** What others write to the same terminal goes through here. */
  readonly around: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.around = new Writable({
      decodeStrings: false,
      write: (chunk, encoding, done) => {
        this.clear();
        stream.write(chunk, encoding);
        // At once: what is drawn must not overtake what was written before it.
        done();
      },
    });
  }

  show(text: string): void {
    this.#shown = true;
    this.#stream.write(`${CLEAR}${text}`);
  }

  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#stream.write(CLEAR);
  }
}
