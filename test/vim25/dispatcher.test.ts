import {once} from 'node:events';
import {createServer, type IncomingMessage} from 'node:http';
import {connect as connectTo, type Socket} from 'node:net';
import {expect} from 'chai';
import {type ConnectOptions, HttpClient} from '../../src/vim25/http-client.js';
import {connect} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';

interface Tunnel {
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

/** A proxy that leads every tunnel to one port of this machine, or refuses all with a status. */
async function withProxy<T>(
  to: number,
  use: (proxy: URL, tunnels: readonly Tunnel[]) => Promise<T>,
  status = 200,
): Promise<T> {
  const tunnels: Tunnel[] = [];
  const open = new Set<{destroy(): void}>();
  const server = createServer();
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    tunnels.push({host: request.url, authorization: request.headers['proxy-authorization']});
    open.add(client);
    client.on('error', () => undefined);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const onward = connectTo(to, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    open.add(onward);
    onward.on('error', () => undefined);
    client.pipe(onward).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  try {
    return await use(new URL(`http://ann:p%40ss@127.0.0.1:${address.port}`), tunnels);
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
}

describe('vim25/dispatcher: a proxy', () => {
  const fixture = smallVch([]);
  const trial = (
    use: (login: ConnectOptions, tunnels: readonly Tunnel[], ca: string) => Promise<void>,
    status?: number,
  ) =>
    withSimulator({fixture}, (simulator) =>
      withProxy(
        Number(new URL(simulator.url).port),
        (proxy, tunnels) =>
          use(
            {...loginTo(simulator), proxy, url: new URL('https://vc.example/sdk')},
            tunnels,
            simulator.certificate,
          ),
        status,
      ),
    );

  it('leads to a server that only it can reach, and gets its own password alone', async () => {
    await trial(async (login, tunnels) => {
      const session = await connect(login);
      expect(session.about.fullName).to.contain('vCenter');
      await session.close();
      expect(tunnels[0]).to.deep.equal({
        host: 'vc.example:443',
        authorization: `Basic ${Buffer.from('ann:p@ss').toString('base64')}`,
      });
    });
  });

  it('changes nothing about whom we trust', async () => {
    await trial(async (login, _tunnels, ca) => {
      const refused = async (tls: ConnectOptions['tls']) => (await rejection(connect({...login, tls}))).code;
      expect(await refused({thumbprint: Array.from({length: 20}, () => 'AB').join(':')})).to.equal(
        'VCH_ERR_TLS',
      );
      expect(await refused({})).to.equal('VCH_ERR_TLS');
      // The authority vouches for localhost, and not for vc.example.
      expect(await refused({ca})).to.equal('VCH_ERR_TLS');
      const session = await connect({...login, url: new URL('https://localhost/sdk'), tls: {ca}});
      await session.close();
    });
  });

  for (const [status, failure] of [
    [407, 'final'],
    [502, 'not-sent'],
  ] as const) {
    it(`is named where it answers ${status}`, async () => {
      await trial(async (login) => {
        const http = new HttpClient(login, 1);
        const error = await rejection(http.get('/sdk', 1_000));
        expect(error).to.include({code: 'VCH_ERR_TRANSPORT', failure});
        expect(error.message).to.match(
          new RegExp(
            `^vc\\.example cannot be reached through the proxy 127\\.0\\.0\\.1:\\d+ \\(it answers ${status}`,
          ),
        );
        await http.close();
      }, status);
    });
  }

  it('is named where it is not there', async () => {
    await trial(async (login) => {
      const http = new HttpClient({...login, proxy: new URL('http://127.0.0.1:1')}, 1);
      const error = await rejection(http.get('/sdk', 1_000));
      expect(error.message).to.contain('through the proxy 127.0.0.1:1 (ECONNREFUSED)');
      await http.close();
    });
  });
});
