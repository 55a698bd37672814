import {VchError} from '../../errors.js';
import type {Command, RunContext} from '../command.js';
import {EXIT} from '../exit-code.js';
import {LOG_OPTIONS} from '../option-table.js';
import {readOutputSettings} from '../settings.js';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Serves the embedded simulator until a signal comes. */
export const simulate: Command = {
  name: 'simulate',
  aliases: [],
  arguments: ['FIXTURE'],
  summary: 'Serve the embedded simulator over HTTPS until stopped; prints the variables for govc first',
  options: ['listen', ...LOG_OPTIONS],
  examples: [['simulate fixtures/legacy.json --listen 127.0.0.1:8989', 'a vCenter to try things on']],
  prepare(given, [fixture = '']) {
    const output = readOutputSettings(given, 'simulate');
    if (fixture === '') {
      throw new VchError(
        'VCH_ERR_USAGE',
        'simulate needs a fixture: vch-migrate simulate fixtures/legacy.json',
      );
    }
    const address = parseAddress(given.text('listen') ?? '127.0.0.1:0');
    return {output, run: (context) => run(fixture, address, context)};
  },
};

async function run(
  fixture: string,
  address: Address,
  {operations, terminal, stop, log}: RunContext,
): Promise<number> {
  const simulator = await operations.startSimulator({fixture, ...address});
  try {
    const {host} = new URL(simulator.url);
    const user = `${urlWord(simulator.user)}:${urlWord(simulator.password)}`;
    await terminal.out(`export GOVC_URL=https://${user}@${host}/sdk GOVC_INSECURE=1\n`);
    log.info(
      `serving ${fixture} on ${simulator.url} until Ctrl-C; its thumbprint is ${simulator.thumbprint}`,
    );
    await stopped(stop.signal);
  } finally {
    await simulator.close();
  }
  return EXIT.done;
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), {once: true}));
}

function parseAddress(text: string): Address {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw new VchError(
      'VCH_ERR_USAGE',
      '--listen must be HOST:PORT, such as 127.0.0.1:8989; see vch-migrate simulate --help',
    );
  }
  return {host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port)};
}

/** Encoded for a URL, and safe to stand unquoted in a shell. */
function urlWord(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
