import {once} from 'node:events';
import {createServer} from 'node:https';
import {createServer as createTcpServer, type Server, type Socket} from 'node:net';
import {expect} from 'chai';
import {makeCertificate} from '../../src/simulator/certificate.js';
import {
  clientIp,
  type DockerState,
  dockerEndpoint,
  probeDocker,
} from '../../src/vch-upgrade/docker-endpoint.js';
import {upgrade, withVch} from './small-upgrade.js';

const IP_KEY = 'guestinfo.vice..init.networks|client.assigned.IP';
const ARGS_KEY = 'guestinfo.vice./init/sessions|docker-personality/cmd/Args~';

/** What an HTTPS server on this machine that answers `/info` so looks like. */
async function probed(status: number, body: string) {
  return probedOver(
    createServer(await certificate(), (_request, response) => {
      response.writeHead(status).end(body);
    }),
  );
}

async function certificate() {
  const {key, cert} = await makeCertificate('127.0.0.1');
  return {key, cert};
}

/** What a TCP server looks like that treats a connection so. */
function probedRaw(serve: (socket: Socket) => void) {
  return probedOver(createTcpServer(serve));
}

async function probedOver(server: Server) {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await probeDocker({host: '127.0.0.1', port: portOf(server.address())});
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function portOf(address: unknown): number {
  return typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0;
}

describe('vch-upgrade/docker-endpoint', () => {
  it('reads the address as VIC writes it, as text, or from the tools', () => {
    const of = (raw: string, ipAddress: string | null = null) =>
      clientIp({config: {[IP_KEY]: raw}, ipAddress});
    expect(of('CsCoOQ==')).to.equal('10.192.168.57');
    expect(of('10.0.0.5')).to.equal('10.0.0.5');
    expect(of('/gAAAAAAAAAAAAAAAAAAAQ==')).to.equal('fe00:0000:0000:0000:0000:0000:0000:0001');
    expect(of('AAAAAAAAAAAAAP//Cj0EFQ==')).to.equal('10.61.4.21');
    for (const none of [
      '0.0.0.0',
      '::',
      '0:0:0:0:0:0:0:0',
      'AAAAAA==',
      'AAAAAAAAAAAAAAAAAAAAAA==',
      'AAAAAAAAAAAAAP//AAAAAA==',
    ]) {
      expect(of(none), none).to.equal(null);
      expect(of(none, '10.0.0.6'), none).to.equal('10.0.0.6');
    }
    expect(of('<nil>', '10.0.0.6')).to.equal('10.0.0.6');
    expect(of('<nil>')).to.equal(null);
  });

  it('finds the port in the arguments of the docker personality', () => {
    const of = (args: string) => dockerEndpoint({config: {[ARGS_KEY]: args}, ipAddress: '10.0.0.5'})?.port;
    expect(of('/sbin/docker-engine-server|-port=2375')).to.equal(2375);
    expect(of('/sbin/docker-engine-server|--port=2376|-debug')).to.equal(2376);
    expect(of('/sbin/docker-engine-server')).to.equal(2376);
  });

  it('is running when the port layer is, and starting until then', async () => {
    const info = (state: string) =>
      JSON.stringify({
        SystemStatus: [
          ['vSphere Integrated Containers', 'v1'],
          [' Port Layer Status', state],
        ],
      });
    expect(await probed(200, info('RUNNING'))).to.deep.equal({status: 'running'});
    expect(await probed(200, info('STARTING'))).to.include({status: 'starting'});
    expect(await probed(503, '')).to.include({status: 'starting'});
  });

  it('is up where it wants to know who asks, or refuses the request', async () => {
    for (const status of [400, 401, 403, 404])
      expect(await probed(status, ''), `${status}`).to.deep.equal({status: 'locked'});
  });

  it('is up where it refuses us by an alert of TLS', async () => {
    // handshake_failure, bad_certificate, unknown_ca, access_denied, certificate_required
    for (const alert of [40, 42, 48, 49, 116]) {
      const state = await probedRaw((socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, alert])));
      expect(state, `alert ${alert}`).to.deep.equal({status: 'locked'});
    }
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`is up where it wants a client certificate under ${version}, and where it resets after the handshake`, async () => {
      const only = {minVersion: version, maxVersion: version};
      const wants = {...only, requestCert: true, rejectUnauthorized: true};
      expect(await probedOver(createServer({...(await certificate()), ...wants}))).to.deep.equal({
        status: 'locked',
      });
      const resets = createServer({...(await certificate()), ...only}, ({socket}) => socket.destroy());
      expect(await probedOver(resets)).to.deep.equal({status: 'locked'});
    });
  }

  it('is unclear where it hangs up before the handshake, speaks something else, or breaks off', async () => {
    expect(await probedRaw((socket) => socket.resetAndDestroy())).to.include({status: 'unclear'});
    expect(await probedRaw((socket) => socket.destroy())).to.include({status: 'unclear'});
    expect(await probedRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))).to.include({
      status: 'unclear',
    });
    expect(await probed(302, '')).to.include({status: 'unclear'});
  });

  it('is starting where nothing listens yet', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server.address());
    server.close();
    await once(server, 'close');
    expect(await probeDocker({host: '127.0.0.1', port})).to.include({status: 'starting'});
  });

  it('is unclear where a port takes the connection and says nothing', async () => {
    expect(await probedRaw(() => undefined)).to.include({status: 'unclear', reason: 'no answer in time'});
  });

  it('asks no reserved for documentation', async () => {
    expect(await probeDocker({host: '192.0.2.10', port: 2376})).to.include({status: 'unreachable'});
  });
});

describe('an upgrade whose services have started', () => {
  const ends: readonly (readonly [DockerState, string, string | undefined])[] = [
    [{status: 'running'}, 'upgraded', undefined],
    [{status: 'locked'}, 'upgraded', undefined],
    [{status: 'unclear', reason: 'ECONNRESET'}, 'upgraded', 'docker-not-reached'],
    [{status: 'unreachable', reason: 'EHOSTUNREACH'}, 'upgraded', 'docker-not-reached'],
    [{status: 'starting', reason: 'ECONNREFUSED'}, 'as-before', undefined],
  ];
  for (const [state, result, finding] of ends) {
    for (const timeout of [40, 2_000]) {
      it(`ends as ${result} within ${timeout} ms when docker is ${state.status}`, async () => {
        let asked = 0;
        await withVch({vms: []}, async (session) => {
          const {upgrade: ended, findings} = await upgrade(session, {
            probeDocker: async () => {
              asked += 1;
              return state;
            },
            timeout,
          });
          expect(ended.result).to.equal(result);
          // What is ready is not looked at again.
          if (finding === undefined && result === 'upgraded') expect(asked).to.equal(1);
          expect(findings.find(({code}) => code === 'docker-not-reached')?.code).to.equal(finding);
        });
      });
    }
  }
});
