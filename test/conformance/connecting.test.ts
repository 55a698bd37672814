import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {expect} from 'chai';
import {type CountingProxy, startCountingProxy} from '../peers/counting-proxy.js';
import {startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {type Target, targetOf, vchMigrate} from './vch-migrate.js';

describeWithPeers('connecting to vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;

  before(async () => {
    vcsim = await startVcsim(peers, 'empty.json');
  });

  after(() => vcsim?.close());

  /** One clear line with that code, the exit code, nothing on stdout, no stack and no password. */
  async function expectFailure(target: Target, code: string): Promise<string> {
    const finished = await vchMigrate(target, 'plan', '--debug');

    const errors = finished.stderr.split('\n').filter((line) => line.startsWith('vch-migrate: '));
    expect(errors, finished.stderr).to.have.lengthOf(1);
    expect(errors[0]).to.match(new RegExp(`^vch-migrate: ${code}: `));
    expect(finished.code).to.equal(1);
    expect(finished.stdout).to.equal('');
    expect(finished.stderr).not.to.contain(target.password);
    return errors[0] ?? '';
  }

  it('plans a VCH without containers', async () => {
    const {code, stdout} = await vchMigrate(targetOf(vcsim), 'plan');

    expect(code).to.equal(0);
    expect(stdout).to.contain('No containerVM of');
  });

  it('says that the password is wrong, and tries it once', async () => {
    const proxy: CountingProxy = await startCountingProxy(vcsim.url);
    try {
      const target = {...targetOf(vcsim), url: proxy.url, password: 'wrong-p4ssw0rd', trust: ['--insecure']};
      await expectFailure(target, 'VCH_ERR_AUTH');
      expect(proxy.count('Login')).to.equal(1);
    } finally {
      await proxy.close();
    }
  });

  it('trusts no certificate that nothing vouches for, and tells its thumbprint', async () => {
    const message = await expectFailure({...targetOf(vcsim), trust: []}, 'VCH_ERR_TLS');

    expect(message).to.contain(vcsim.thumbprint);
  });

  it('trusts no certificate with another thumbprint', async () => {
    const trust = ['--thumbprint', Array(32).fill('AB').join(':')];

    await expectFailure({...targetOf(vcsim), trust}, 'VCH_ERR_TLS');
  });

  it('says that a host does not exist', async () => {
    await expectFailure({...targetOf(vcsim), url: 'https://nowhere.invalid/sdk'}, 'VCH_ERR_TRANSPORT');
  });

  it('says that nobody listens', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (address === null || typeof address === 'string') throw new Error('the server had no port');

    await expectFailure(
      {...targetOf(vcsim), url: `https://127.0.0.1:${address.port}/sdk`},
      'VCH_ERR_TRANSPORT',
    );
  });

  it('takes any certificate with --insecure', async () => {
    const {code} = await vchMigrate({...targetOf(vcsim), trust: ['--insecure']}, 'ls');

    expect(code).to.equal(0);
  });
});
