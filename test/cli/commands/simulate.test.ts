import {networkInterfaces} from 'node:os';
import {expect} from 'chai';
import {startSimulator} from '../../../src/simulator/simulator.js';
import {runCommandLine} from '../fake-cli.js';

describe('simulate', () => {
  it('serves the simulator until it is stopped, after one line for the shell', async () => {
    const {code, stdout, calls} = await runCommandLine([
      'simulate',
      'fixtures/legacy.json',
      '--listen',
      '127.0.0.1:0',
    ]);
    expect(code).to.equal(0);
    expect(stdout).to.equal(
      'export GOVC_URL=https://administrator%40vsphere.local:it%27s%28sim%29@127.0.0.1:4433/sdk GOVC_INSECURE=1\n',
    );
    expect(calls).to.deep.equal(['start simulator', 'close simulator']);
  });

  it('serves on an IPv6 address, too', async function () {
    if (networkInterfaces()['lo']?.some(({address}) => address === '::1') !== true) this.skip();
    await using simulator = await startSimulator({fixture: 'fixtures/empty.json', host: '::1'});
    expect(simulator.url).to.match(/^https:\/\/\[::1\]:\d+\/sdk$/);
  });
});
