import {once} from 'node:events';
import {createServer as createTlsServer, type Server} from 'node:https';
import {connect, createServer, type Server as NetServer, type Socket} from 'node:net';
import type {SecureVersion, TLSSocket} from 'node:tls';
import {expect} from 'chai';
import {silent} from '../../src/log.js';
import {makeCertificate} from '../../src/simulator/certificate.js';
import {HttpClient} from '../../src/vim25/http-client.js';
import {knownHostPins, type TlsOptions} from '../../src/vim25/tls.js';
import {rejection} from '../rejection.js';

describe('vim25/tls known hosts', () => {
  const text = 'vc.example AA:BB\nvc.example:8443 CC:DD\r\nother.example EE:FF\n\nmalformed\n';

  it('takes a line without a port for port 443', () => {
    expect(knownHostPins(text, new URL('https://vc.example/sdk'))).to.deep.equal(['AA:BB']);
  });

  it('matches host and port', () => {
    expect(knownHostPins(text, new URL('https://vc.example:8443/sdk'))).to.deep.equal(['CC:DD']);
  });

  it('has no pin for a host that is not listed', () => {
    expect(knownHostPins(text, new URL('https://vc.example:9443/sdk'))).to.deep.equal([]);
  });
});

/** A server that closes each connection after its answer, and what it has seen of them. */
interface Trial {
  readonly server: Server;
  /** Of each connection, whether it resumed a session. */
  readonly resumed: readonly boolean[];
  /** Asks the server, or who listens on another port in front of it. */
  ask(): Promise<number>;
}

async function trial(
  version: SecureVersion,
  trust: (certificate: Awaited<ReturnType<typeof makeCertificate>>) => TlsOptions,
  use: (trial: Trial) => Promise<void>,
  inFront?: (port: number) => Promise<number>,
): Promise<void> {
  const certificate = await makeCertificate('127.0.0.1');
  const resumed: boolean[] = [];
  const server = createTlsServer(
    {...certificate, minVersion: version, maxVersion: version},
    (_request, response) => {
      response.setHeader('connection', 'close');
      response.end('there');
    },
  );
  server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()));
  const own = await listening(server);
  const port = inFront === undefined ? own : await inFront(own);
  const url = new URL(`https://127.0.0.1:${port}/sdk`);
  const options = {url, user: 'u', password: 'p', tls: trust(certificate), runId: 'r', log: silent};
  const http = new HttpClient(options, 1);
  try {
    const ask = async () => (await http.request({method: 'GET', path: '/sdk'})).status;
    await use({server, resumed, ask});
  } finally {
    await http.close();
    server.closeAllConnections();
    server.close();
  }
}

async function listening(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}

const OTHER = Array.from({length: 32}, () => 'AB').join(':');

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  describe(`vim25/tls sessions, ${version}`, () => {
    for (const [what, trust] of [
      ['a thumbprint', ({thumbprint}) => ({thumbprint})],
      ['an authority', ({cert}) => ({ca: cert})],
      ['nothing', () => ({insecure: true})],
    ] satisfies readonly (readonly [string, Parameters<typeof trial>[1]])[])
      it(`are resumed where ${what} has judged the first`, async () => {
        await trial(version, trust, async ({resumed, ask}) => {
          expect([await ask(), await ask(), await ask()]).to.deep.equal([200, 200, 200]);
          expect(resumed).to.deep.equal([false, true, true]);
        });
      });

    it('of a server that is refused are not', async () => {
      await trial(
        version,
        () => ({thumbprint: OTHER}),
        async ({resumed, ask}) => {
          for (let attempt = 0; attempt < 3; attempt += 1)
            expect((await rejection(ask())).code).to.equal('VCH_ERR_TLS');
          expect(resumed.filter((one) => one)).to.deep.equal([]);
        },
      );
    });

    it('do not make another certificate the one that was trusted', async () => {
      await trial(
        version,
        ({thumbprint}) => ({thumbprint}),
        async ({server, resumed, ask}) => {
          expect([await ask(), await ask()]).to.deep.equal([200, 200]);
          const {key, cert} = await makeCertificate('127.0.0.1');
          server.setSecureContext({key, cert, minVersion: version, maxVersion: version});
          expect((await rejection(ask())).code).to.equal('VCH_ERR_TLS');
          expect(resumed.slice(0, 2)).to.deep.equal([false, true]);
          expect(resumed.slice(2)).to.not.include(true);
        },
      );
    });

    it('are given up when a connection with one breaks', async () => {
      let connections = 0;
      const front = createServer((client: Socket) => {
        connections += 1;
        if (connections === 2) {
          client.destroy();
          return;
        }
        const onward = connect(to, '127.0.0.1');
        for (const socket of [client, onward]) socket.on('error', () => undefined);
        client.pipe(onward).pipe(client);
      });
      let to = 0;
      const inFront = (port: number) => {
        to = port;
        return listening(front);
      };
      try {
        await trial(
          version,
          ({thumbprint}) => ({thumbprint}),
          async ({resumed, ask}) => {
            expect(await ask()).to.equal(200);
            expect((await rejection(ask())).code).to.equal('VCH_ERR_TRANSPORT');
            expect([await ask(), await ask()]).to.deep.equal([200, 200]);
            expect(resumed).to.deep.equal([false, false, true]);
          },
          inFront,
        );
      } finally {
        front.close();
      }
    });
  });
