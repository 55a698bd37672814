import {expect} from 'chai';
import {reportOf, vchMigrate} from '../../on-simulator.js';
import {expectValid} from '../../schemas.js';
import {smallVch, withSimulator} from '../../small-vch.js';
import {parsed, runCommandLine, withTarget} from '../fake-cli.js';

const RUN = {
  runId: '11111111-2222-4333-8444-555555555555',
  time: '2026-01-02T03:04:05.678Z',
  user: 'ann\u001b[31m',
  changeId: 'CHG-1',
  toolVersion: '0.1.0',
  plugins: ['0002-container-common-name'],
  vms: 412,
};

describe('history', () => {
  it('lists the runs as text and JSON', async () => {
    const text = await runCommandLine(['history'], {...withTarget, runs: [RUN]});
    expect(text.stdout).to.match(/^Runs recorded on VCH vch1 \(vm-12\): 1\n/);
    expect(text.stdout).to.match(
      /2026-01-02T03:04:05Z +ann +CHG-1 +412\s+11111111-\S+: 0002-container-common-name/,
    );
    expect(text.stdout).to.match(
      /Next: to take the last one back: vch-migrate undo --run 1{8}-\S+ --name vch1\n$/,
    );
    const json = await runCommandLine(['history', '--format', 'json'], {...withTarget, runs: [RUN]});
    const told = parsed(json.stdout);
    expectValid('history', told);
    expect(told.runs).to.deep.equal([RUN]);
  });

  it('tells what the ledgers record, run by run, until it is undone', async () => {
    const fixture = smallVch([
      {name: 'web'},
      {name: 'db'},
      {name: 'new', dataVersion: '10', hiddenName: 'new'},
    ]);
    await withSimulator({fixture}, async (simulator) => {
      const variables = {
        GOVC_URL: simulator.url,
        GOVC_USERNAME: simulator.user,
        GOVC_PASSWORD: simulator.password,
        GOVC_INSECURE: '1',
      };
      const runs = async () => {
        const {code, stdout} = await vchMigrate(['history', '--format', 'json'], variables);
        expect(code).to.equal(0);
        return parsed(stdout).runs;
      };
      expect(await runs()).to.deep.equal([]);
      const first = await reportOf(simulator, 'apply', '--only', 'name=web', '--change-id', 'CHG-1');
      const second = await reportOf(simulator, 'apply');
      const [one, two, ...more] = JSON.parse(JSON.stringify(await runs()));
      expect(more).to.deep.equal([]);
      expect(one).to.include({runId: first.report.runId, changeId: 'CHG-1', vms: 1, user: simulator.user});
      expect(two).to.include({runId: second.report.runId, changeId: null, vms: 1});
      expect(one.plugins).to.deep.equal(['0002-container-common-name', '0004-container-rename-disabled']);
      await reportOf(simulator, 'undo', '--run', first.report.runId);
      expect(await runs()).to.deep.equal([two]);
    });
  });

  it('counts ledgers that cannot be read', async () => {
    const fixture = smallVch([{name: 'web', extraConfig: {'vch-migrate/ledger': '{}'}}]);
    await withSimulator({fixture}, async (simulator) => {
      const {stdout} = await vchMigrate(['history', '-t', simulator.url, '-u', simulator.user, '-k'], {
        GOVC_PASSWORD: simulator.password,
      });
      expect(stdout).to.include('The ledgers of 1 VM could not be read.');
    });
  });
});
