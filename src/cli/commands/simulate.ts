import {once} from 'node:events';
import {localCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {parsed, text} from '../option.js';
import {logOptions} from '../options.js';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Serves the embedded simulator until a signal comes. */
export const simulate = localCommand({
  name: 'simulate',
  positionals: [{name: 'FIXTURE', documents: ['fixture']}],
  summary:
    'Serve the embedded simulator over HTTPS until stopped, on a fixture or dump; prints the variables for govc first',
  options: {
    listen: parsed(
      text('Command:', 'Address to serve on (default 127.0.0.1 and any free port)', {value: 'HOST:PORT'}),
      'HOST:PORT, such as 127.0.0.1:8989',
      parseAddress,
    ),
    ...logOptions,
  },
  examples: [['simulate fixtures/legacy.json --listen 127.0.0.1:8989', 'a vCenter to try things on']],
  async run({startSimulator, terminal, stop, log}, {args: [file = ''], own}) {
    const {readDump} = await import('../../dump/read-dump.js');
    const {fixture} = readDump(file);
    const simulator = await startSimulator({fixture, ...(own.listen ?? {host: '127.0.0.1', port: 0})});
    try {
      const {host} = new URL(simulator.url);
      const user = `${urlWord(simulator.user)}:${urlWord(simulator.password)}`;
      await terminal.out(`export GOVC_URL=https://${user}@${host}/sdk GOVC_INSECURE=1\n`);
      log.info(`serving ${file} on ${simulator.url} until Ctrl-C; its thumbprint is ${simulator.thumbprint}`);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
    } finally {
      await simulator.close();
    }
    return EXIT.done;
  },
});

function parseAddress(value: string): Address | undefined {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) return undefined;
  return {host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port)};
}

/** Encoded for a URL, and safe without quotes in a shell. */
function urlWord(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
