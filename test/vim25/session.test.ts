import {X509Certificate} from 'node:crypto';
import {createServer as createHttpsServer} from 'node:https';
import {type AddressInfo, createServer, type Server} from 'node:net';
import {expect} from 'chai';
import {generate} from 'selfsigned';
import {silent} from '../../src/log.js';
import {connect, withSession} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';

const fixture = smallVch([{name: 'web'}]);

describe('vim25/session', () => {
  it('logs in, tells what the server is, and logs out', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await withSession(loginTo(simulator), async (session) => {
        expect(simulator.sessions).to.equal(1);
        expect(session.about.isVCenter).to.equal(true);
      });
      expect(simulator.sessions).to.equal(0);
    });
  });

  it('logs out when the work throws', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const boom = new Error('boom');
      const outcome = await withSession(loginTo(simulator), async () => Promise.reject(boom)).catch(
        (e: unknown) => e,
      );
      expect(outcome).to.equal(boom);
      expect(simulator.sessions).to.equal(0);
    });
  });

  it('refuses a wrong password without repeating it', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const error = await rejection(connect({...loginTo(simulator), password: 'battery staple'}));
      expect(error).to.include({code: 'VCH_ERR_AUTH', fault: 'InvalidLogin'});
      expect(JSON.stringify(error) + error.message + String(error.stack)).not.to.contain('battery staple');
      expect(simulator.requests.count('Login')).to.equal(1);
    });
  });

  it('sends a password that looks like XML as it is', async () => {
    const password = '<![CDATA[x]]>&"\' ü';
    const document = {...fixture, users: [{user: 'a', password, role: 'Admin'}]};
    await withSimulator({fixture: document}, async (simulator) => {
      await withSession({...loginTo(simulator), user: 'a', password}, async () => undefined);
    });
  });

  it('logs in again once when the server has ended the session', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await withSession(loginTo(simulator), async (session) => {
        simulator.expireSessions();
        await Promise.all([
          session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'}),
          session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'}),
        ]);
        expect(session.generation).to.equal(1);
        expect(simulator.requests.count('Login')).to.equal(2);
      });
    });
  });

  it('reads again when the connection breaks', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await withSession(loginTo(simulator), async (session) => {
        simulator.addFault({method: 'CurrentTime', nth: 1, do: 'drop-before'});
        await session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'});
        expect(simulator.requests.count('CurrentTime')).to.equal(2);
      });
    });
  });

  it('marks every call with the run id', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await withSession({...loginTo(simulator), runId: 'run-77'}, async () => undefined);
      const ids = simulator.requests.list.flatMap(({operationId}) => operationId ?? []);
      expect(ids.length).to.be.greaterThan(2);
      for (const id of ids) expect(id).to.match(/^vch-migrate-run-77-\d+$/);
      expect(new Set(ids).size).to.equal(ids.length);
    });
  });

  describe('trust', () => {
    it('accepts the SHA-256 and the SHA-1 thumbprint in any spelling', async () => {
      await withSimulator({fixture}, async (simulator) => {
        const pins = [
          simulator.thumbprint,
          simulator.thumbprint.replaceAll(':', '').toLowerCase(),
          sha1(simulator.certificate),
        ];
        for (const thumbprint of pins) {
          await withSession({...loginTo(simulator), tls: {thumbprint}}, async () => undefined);
        }
      });
    });

    it('accepts the CA it is given, a known host, and anything when told so', async () => {
      await withSimulator({fixture}, async (simulator) => {
        const host = new URL(simulator.url).host;
        for (const tls of [
          {ca: simulator.certificate},
          {knownHosts: `${host} ${simulator.thumbprint}\n`},
          {insecure: true},
        ]) {
          await withSession({...loginTo(simulator), tls}, async () => undefined);
        }
      });
    });

    it('refuses an unknown certificate and names its thumbprint', async () => {
      await withSimulator({fixture}, async (simulator) => {
        const error = await rejection(connect({...loginTo(simulator), tls: {}}));
        expect(error.code).to.equal('VCH_ERR_TLS');
        expect(error.message).to.contain(`--thumbprint ${simulator.thumbprint}`);
        expect(simulator.requests.list).to.deep.equal([]);
      });
    });

    it('refuses another thumbprint, even when told to trust anything', async () => {
      await withSimulator({fixture}, async (simulator) => {
        const tls = {thumbprint: 'AA'.repeat(32), insecure: true};
        expect((await rejection(connect({...loginTo(simulator), tls}))).code).to.equal('VCH_ERR_TLS');
        expect(simulator.requests.list).to.deep.equal([]);
      });
    });

    it('refuses a known host whose certificate has changed', async () => {
      await withSimulator({fixture}, async (simulator) => {
        const tls = {knownHosts: `${new URL(simulator.url).host} ${'BB:'.repeat(31)}BB`};
        const error = await rejection(connect({...loginTo(simulator), tls}));
        expect(error.code).to.equal('VCH_ERR_TLS');
        expect(error.message).to.contain('known-hosts');
      });
    });
  });

  describe('with something else than a vCenter', () => {
    const options = (url: string) => ({
      url: new URL(url),
      user: 'u',
      password: 'planted-secret',
      tls: {insecure: true},
      runId: 'r',
      log: silent,
      connectTimeout: 300,
      requestTimeout: 300,
    });

    it('names a host that does not exist', async () => {
      const error = await rejection(connect(options('https://no-such-host.invalid/sdk')));
      expect(error.code).to.equal('VCH_ERR_TRANSPORT');
      expect(error.message).to.contain('no-such-host.invalid');
    });

    it('names a port where nothing listens', async () => {
      const error = await rejection(connect(options('https://127.0.0.1:1/sdk')));
      expect(error.message).to.contain('nothing listens there');
    });

    it('gives up on a server that does not speak TLS', async () => {
      const server = createServer((socket) => socket.end('220 smtp ready\r\n'));
      const error = await listening(server, (port) =>
        rejection(connect(options(`https://127.0.0.1:${port}/sdk`))),
      );
      expect(error.code).to.equal('VCH_ERR_TRANSPORT');
      expect(error.message).to.contain('TLS');
    });

    it('gives up on a server that takes the connection and says nothing', async () => {
      const server = createServer(() => undefined);
      const error = await listening(server, (port) =>
        rejection(connect(options(`https://127.0.0.1:${port}/sdk`))),
      );
      expect(error.code).to.equal('VCH_ERR_TRANSPORT');
      expect(error.message).to.contain('time limit');
    });

    it('gives up on a server that takes the request and says nothing', async () => {
      const error = await answering(null, (url) => rejection(connect(options(url))));
      expect(error.code).to.equal('VCH_ERR_TIMEOUT');
      expect(error.message).to.contain('time limit');
    });

    it('gives up at once when it is told to stop', async () => {
      const error = await answering(null, (url) => {
        const stop = new AbortController();
        const login = rejection(connect({...options(url), requestTimeout: 60_000, signal: stop.signal}));
        setImmediate(() => stop.abort());
        return login;
      });
      expect(error.code).to.equal('VCH_ERR_INTERRUPTED');
    });

    for (const [what, body] of [
      ['HTML', '<!DOCTYPE html><html><body>Log in</body></html>'],
      ['a DOCTYPE with entities', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
      ['nothing', ''],
    ] as const) {
      it(`says so when it answers ${what}`, async () => {
        const error = await answering(body, (url) => rejection(connect(options(url))));
        expect(error.code).to.equal('VCH_ERR_TRANSPORT');
        expect(error.message).to.match(/check --target|is it a vCenter/);
        expect(error.message).not.to.contain('planted-secret');
      });
    }

    for (const password of ['planted-secret', 'vch1', '<&"p.*']) {
      it(`shows nothing of the password ${password} where the server repeats it, and no less of other words`, async () => {
        await withSimulator({fixture}, async (simulator) => {
          const message = `cannot log in with ${password} to xvch12`;
          simulator.addFault({method: 'Login', do: {fault: 'InvalidRequest', message}});
          const error = await rejection(connect({...loginTo(simulator), password}));
          expect(error.message).to.contain('cannot log in with *** to xvch12');
        });
      });
    }

    for (const kind of ['html', 'doctype', 'http-503'] as const) {
      it(`says so when a login is answered by ${kind}`, async () => {
        await withSimulator({fixture}, async (simulator) => {
          simulator.addFault({method: 'Login', do: kind});
          const error = await rejection(connect(loginTo(simulator)));
          expect(error.code).to.equal('VCH_ERR_TRANSPORT');
          expect(error.message + String(error.cause)).not.to.contain(simulator.password);
        });
      });
    }
  });
});

function sha1(pem: string): string {
  return new X509Certificate(pem).fingerprint;
}

async function listening<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.unref();
  }
}

/** A web server that answers everything alike, or, with `null`, not at all. */
async function answering<T>(body: string | null, use: (url: string) => Promise<T>): Promise<T> {
  const {private: key, cert} = await generate([{name: 'commonName', value: '127.0.0.1'}]);
  const server = createHttpsServer({key, cert}, (_request, response) => {
    if (body !== null) response.end(body);
  });
  try {
    return await listening(server, (port) => use(`https://127.0.0.1:${port}/sdk`));
  } finally {
    server.closeAllConnections();
  }
}
