import {once} from 'node:events';
import {createServer} from 'node:https';
import {createServer as createTcpServer} from 'node:net';
import {expect} from 'chai';
import {makeCertificate} from '../../src/simulator/certificate.js';
import {clientIp, dockerEndpoint, probeDocker} from '../../src/vch-upgrade/docker-endpoint.js';

const IP_KEY = 'guestinfo.vice..init.networks|client.assigned.IP';
const ARGS_KEY = 'guestinfo.vice./init/sessions|docker-personality/cmd/Args~';

/** What an HTTPS server on this machine that answers `/info` so looks like. */
async function probed(status: number, body: string) {
  const {key, cert} = await makeCertificate('127.0.0.1');
  const server = createServer({key, cert}, (_request, response) => {
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await probeDocker({host: '127.0.0.1', port: portOf(server.address())});
  } finally {
    server.closeAllConnections();
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

  it('is up where it wants to know who asks', async () => {
    expect(await probed(403, '')).to.deep.equal({status: 'locked'});
  });

  it('is starting where nothing listens yet', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server.address());
    server.close();
    await once(server, 'close');
    expect(await probeDocker({host: '127.0.0.1', port})).to.include({status: 'starting'});
  });

  it('is starting where a port takes the connection and says nothing', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await probeDocker({host: '127.0.0.1', port: portOf(server.address())})).to.include({
      status: 'starting',
    });
    server.close();
  });

  it('asks no address of documentation', async () => {
    expect(await probeDocker({host: '192.0.2.10', port: 2376})).to.include({status: 'unreachable'});
  });
});
