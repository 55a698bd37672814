import {expect} from 'chai';
import {reportOf, vchMigrate} from '../../on-simulator.js';
import {expectValid} from '../../schemas.js';
import {smallVch, withSimulator} from '../../small-vch.js';
import {parsed} from '../fake-cli.js';

describe('history', () => {
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
        expectValid('history', parsed(stdout));
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
      const {stdout} = await vchMigrate(['history'], variables);
      expect(stdout).to.match(/^Runs recorded on VCH vch1 \(vm-100\): 2\n/);
      expect(stdout).to.match(
        /T\S+Z +administrator@vsphere\.local +CHG-1 +1\s+\S+:\s+0002-container-common-name/,
      );
      expect(stdout).to.include(
        `Next: to take the last one back\n  vch-migrate undo --run ${second.report.runId} --name vch1\n`,
      );
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
