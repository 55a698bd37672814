import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {vchMigrate} from '../on-simulator.js';
import {expectValid} from '../schemas.js';
import {withDirectory} from '../temporary-directory.js';
import {type Farm, startFarm} from './fleet-farm.js';
import {describeWithPostgres} from './postgres-server.js';

describeWithPostgres('fleet plan', (server) => {
  /** Runs `fleet` on a farm, and gives the report, if it printed one. */
  function onFarm(farm: Farm) {
    return async (...words: readonly string[]) => {
      const variables = {...farm.variables, VCH_MIGRATE_DATABASE_URL: server().url};
      const form = words[0] === 'worker' ? [] : ['--format', 'json'];
      const {code, stdout, stderr} = await vchMigrate(['fleet', ...words, ...form], variables);
      const report: FleetReport | null = stdout === '' ? null : JSON.parse(stdout);
      return {code, stderr, report, leftOut: report?.leftOut ?? [], run: report?.run?.id ?? ''};
    };
  }

  it('logs in to each vCenter once, and looks at its inventory once, however many VCHs it has', () =>
    withDirectory({}, async (folder) => {
      await using farm = await startFarm(folder, {vcenters: 2, vchs: 4});
      for (const kind of ['--quiet', '--apply']) {
        const before = farm.simulators.map(({requests}) => requests.list.length);
        const {code, report} = await onFarm(farm)('plan', '--inventory', farm.inventory, kind);
        expect(code).to.equal(0);
        const pending = report?.vchs.map(({outcome}) => (outcome?.summary?.pending ?? 0) > 0);
        expect(pending, kind).to.deep.equal(Array(8).fill(true));
        for (const [at, {requests}] of farm.simulators.entries()) {
          const since = requests.list.slice(before[at]);
          const count = (name: string) => since.filter(({method}) => method === name).length;
          expect([count('Login'), count('CreateContainerView'), count('Logout')], kind).to.deep.equal([
            1, 1, 1,
          ]);
        }
      }
    }));

  it('plans the others where a vCenter does not answer, and names it and its known VCHs in the report to the end', () =>
    withDirectory({}, async (folder) => {
      const rest = 'waves: [{name: first, match: {site: s1}}, {name: rest}]\n';
      await using farm = await startFarm(folder, {vcenters: 2, vchs: 2, labels: true, rest});
      const fleet = onFarm(farm);
      const plan = () => fleet('plan', '--inventory', farm.inventory, '--apply');
      const [, second] = farm.forwarders;
      if (second === undefined) throw new Error('there are two');
      second.away = true;

      const alone = await plan();
      expect(alone.code, alone.stderr).to.equal(3);
      expectValid('fleet-report', alone.report);
      expect(alone.report?.vchs.map(({vcenter}) => vcenter)).to.deep.equal(['vc0', 'vc0']);
      expect(alone.leftOut.map(({vcenter, id, why}) => ({vcenter, id, why}))).to.deep.equal([
        {vcenter: 'vc1', id: null, why: 'unplanned'},
      ]);
      expect(alone.leftOut[0]?.message).to.contain('VCH_ERR_TRANSPORT');
      // The first wave is empty, because its vCenter is away: nobody has seen a VCH of it go well.
      const waiting = await fleet('apply', alone.run, '--yes', '--detach');
      expect(waiting.code, waiting.stderr).to.equal(2);
      expect(waiting.report?.run.reason).to.contain(
        'this wave is empty, and a vCenter could not be looked at',
      );
      const approved = await fleet('approve', alone.run, '--reason', 'vc1 is known to be away');
      expect(approved.code, approved.stderr).to.equal(0);
      expect((await fleet('worker', '--until-idle')).code).to.equal(0);
      const done = await fleet('status', alone.run);
      expect([done.code, done.report?.summary.done]).to.deep.equal([3, 2]);

      second.away = false;
      expect((await plan()).code).to.equal(0);
      second.away = true;
      const known = await plan();
      expect(known.code).to.equal(3);
      expect(known.leftOut.map(({name}) => name)).to.deep.equal([null, 'vc1-vch0', 'vc1-vch1']);
      expect(known.leftOut[1]?.message).to.contain('an earlier run had it');

      for (const forwarder of farm.forwarders) forwarder.away = true;
      const none = await plan();
      expect(none.code).to.equal(1);
      expect(none.stderr).to.contain('2 vCenters could not be looked at, so nothing is planned');
    }));

  it('names the VCHs that are in no wave, the selections that fit no VCH, and VCHs of the same name', () =>
    withDirectory({}, async (folder) => {
      const rest = 'waves: [{name: one, count: 3}]\n';
      const select = '[{select: {name: "*"}}, {select: {path: "/dc9/*"}}]';
      const name = (_: number, vch: number) => ['a', 'twin', 'twin', 'z'][vch] ?? '';
      await using farm = await startFarm(folder, {vcenters: 1, vchs: 4, rest, select, name});
      const fleet = onFarm(farm);
      const {code, leftOut, run} = await fleet('plan', '--inventory', farm.inventory, '--rollback');
      expect(code).to.equal(0);
      expect(leftOut.map(({name, why, message}) => [name, why, message])).to.deep.equal([
        [null, 'no-match', 'no VCH fits the selection path /dc9/*'],
        ['z', 'no-wave', 'it is in no wave, and is left alone'],
      ]);
      for (const [vch, words] of [
        ['twin', 'has 2 VCHs twin: name one with --of-vch, vc0/vm-200, vc0/vm-300'],
        ['a', 'has no report of a yet'],
        ['z', 'has no VCH z;'],
      ] as const) {
        const asked = await fleet('report', run, '--of-vch', vch);
        expect(asked.code).to.equal(5);
        expect(asked.stderr).to.contain(words);
      }
    }));

  it('applies nothing to a VCH that could not be planned, and names it', () =>
    withDirectory({}, async (folder) => {
      await using farm = await startFarm(folder, {vcenters: 1, vchs: 2});
      const [simulator] = farm.simulators;
      const reads = () =>
        simulator?.requests.list.filter(({method}) => method === 'RetrievePropertiesEx').length ?? 0;
      const plan = () => onFarm(farm)('plan', '--inventory', farm.inventory, '--apply');
      expect((await plan()).code).to.equal(0);
      // The last of them reads what one of the two VCHs has.
      simulator?.addFault({method: 'RetrievePropertiesEx', nth: reads(), do: {fault: 'NoPermission'}});
      const {code, report, leftOut} = await plan();
      expect(code).to.equal(3);
      expect(report?.vchs.length).to.equal(1);
      expect(leftOut.map(({why}) => why)).to.deep.equal(['unplanned']);
      expect(leftOut[0]?.message).to.contain('it could not be planned: VCH_ERR_PRIVILEGE');
      expect(leftOut[0]?.id).to.be.oneOf(['vm-100', 'vm-200']);
    }));

  it('refuses two names of one vCenter', () =>
    withDirectory({}, async (folder) => {
      await using farm = await startFarm(folder, {vcenters: 1, vchs: 1, twice: true});
      const {code, stderr} = await onFarm(farm)('plan', '--inventory', farm.inventory);
      expect(code).to.equal(5);
      expect(stderr).to.contain(
        'vc0 and again of the inventory are the same vCenter: both have vc0-vch0 (vm-100)',
      );
    }));
});
