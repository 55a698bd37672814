import {mkdirSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {SaxesParser} from 'saxes';
import {vchMigrate} from '../on-simulator.js';
import {expectValid} from '../schemas.js';
import {withDirectory} from '../temporary-directory.js';
import {expectNoSecret, type Farm, startFarm} from './fleet-farm.js';

const WAVES = 'waves: [{name: canary, count: 2, spread: vcenter}, {name: rest}]\nbudget: {failed: 1}\n';

/** Every file of a folder as one text, byte by byte. */
function everything(folder: string): string {
  return readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

describe('fleet on the embedded database, command by command', function () {
  this.timeout(240_000);

  it('plans, begins, waits, is approved, holds, is tried again, and keeps no secret', () =>
    withDirectory({}, async (folder) => {
      await using farm: Farm = await startFarm(folder, {vcenters: 2, vchs: 2, rest: WAVES});
      const state = join(folder, 'state');
      // Of a process that was killed while it made the database.
      mkdirSync(join(state, 'database.unfinished-x', 'base'), {recursive: true});
      let told = '';
      const fleet = async (...args: readonly string[]) => {
        const ended = await vchMigrate(['fleet', ...args, '--state-dir', state], farm.variables);
        told += ended.stdout + ended.stderr;
        return ended;
      };
      const [first] = farm.simulators;
      first?.addFault({
        method: 'PowerOnVM_Task',
        object: 'vm-200',
        nth: 1,
        do: {fault: 'InsufficientResourcesFault'},
      });

      const planned = await fleet('plan', '--inventory', farm.inventory, '--format', 'json');
      expect(planned.code, planned.stderr).to.equal(0);
      const {run, vchs} = JSON.parse(planned.stdout);
      expect(run.state).to.equal('planned');
      expectValid('fleet-report', JSON.parse(planned.stdout));
      expect(vchs.map(({name, wave}: {name: string; wave: number}) => `${name} ${wave}`)).to.deep.equal([
        'vc0-vch0 0',
        'vc1-vch0 0',
        'vc0-vch1 1',
        'vc1-vch1 1',
      ]);

      // Two that look at once, and a variable that names another database: the option is nearer.
      const variables = {...farm.variables, VCH_MIGRATE_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none'};
      const looks = await Promise.all(
        [1, 2].map(() => vchMigrate(['fleet', 'status', '--state-dir', state], variables)),
      );
      expect(looks.map(({code}) => code)).to.deep.equal([0, 0]);
      const detached = await fleet('upgrade', run.id, '--yes', '--detach');
      expect(detached.code).to.equal(5);
      expect(detached.stderr).to.contain('--detach leaves the run to workers elsewhere');
      const misnamed = await fleet('verify', run.id);
      expect(misnamed.stderr).to.contain(
        `the run ${run.id} is one of upgrade: vch-migrate fleet upgrade ${run.id} --state-dir ${state}`,
      );
      expect((await fleet('status', 'upgrade-no')).stderr).to.contain(
        `vch-migrate fleet status --state-dir ${state}`,
      );
      const port = await fleet('serve', '--listen', '127.0.0.1:99999');
      expect(port.code).to.equal(5);

      const unasked = await fleet('upgrade', run.id);
      expect(unasked.code).to.equal(5);
      const other = ['fleet', 'upgrade', run.id, '--yes', '--state-dir', state];
      const refused = await vchMigrate(other, farm.variables, undefined, {version: '9.8.0'});
      expect(refused.code).to.equal(5);
      expect(refused.stderr).to.contain('was planned by vch-migrate 9.9.9, and this is 9.8.0');
      const canaries = await fleet('upgrade', run.id, '--yes');
      expect(canaries.code, canaries.stderr).to.equal(2);
      expect(canaries.stdout)
        .to.contain('waiting for approval')
        .and.contain(`fleet approve ${run.id} --wave canary`);
      expect((await fleet('approve')).code).to.equal(5);
      expect((await fleet('approve', run.id, '--reason', 'looked at')).code).to.equal(0);
      expect((await fleet('approve', run.id, '--wave', 'canary', '--reason', 'again')).stdout).to.contain(
        'approved already',
      );

      await fleet('worker', '--until-idle');
      const held = await fleet('status');
      expect(held.code).to.equal(1);
      expect(held.stdout).to.contain('1 VCH failed, and the budget is 1');
      expect((await fleet('pause', '--reason', 'a moment')).code).to.equal(0);
      expect((await fleet('status')).code).to.equal(2);
      const still = await fleet('resume', '--reason', 'as before');
      expect(still.stdout).to.contain(`vch-migrate fleet resume --state-dir ${state} ${run.id}`);
      expect((await fleet('retry', '--reason', 'the host has memory again')).code).to.equal(0);
      expect((await fleet('worker', '--until-idle')).code).to.equal(0);
      const done = await fleet('watch', '--format', 'ndjson');
      expect(done.code).to.equal(0);
      const lines = done.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines.map(({type}) => type)).to.include.members(['fleet-event', 'vch', 'end']);
      expect(lines.at(-1).summary).to.deep.include({total: 4, done: 4});

      const files = ['night.html', 'night.xml', 'night.json', 'night.txt', 'night.ndjson'].map((name) =>
        join(folder, name),
      );
      expect((await fleet('report', ...files.flatMap((file) => ['--report', file]))).code).to.equal(0);
      const parser = new SaxesParser();
      let suites = 0;
      parser.on('opentag', ({name}) => {
        if (name === 'testsuite') suites += 1;
      });
      parser.write(readFileSync(join(folder, 'night.xml'), 'utf8')).close();
      expect(suites).to.equal(4);
      const table = await fleet('report', '--format', 'csv');
      expect(table.code).to.equal(5);
      expect(table.stderr).to.contain('a run over a fleet has no csv form');
      const own = await fleet('report', run.id, '--of-vch', 'vc0/vc0-vch1', '--format', 'json');
      expect(JSON.parse(own.stdout)).to.deep.include({schema: 'vch-migrate/report/v1', command: 'upgrade'});

      expectValid('fleet-report', JSON.parse(readFileSync(join(folder, 'night.json'), 'utf8')));
      for (const file of files) expectNoSecret(readFileSync(file, 'utf8'));
      expectNoSecret(told);
      expectNoSecret(everything(state));

      const nowhere = await fleet('plan', '--inventory', farm.inventory, '--vcenter', 'vc9');
      expect(nowhere.code).to.equal(5);
      expect(nowhere.stderr).to.contain('the inventory has no vCenter of that name, only vc0, vc1');
      const one = await fleet('plan', '--inventory', farm.inventory, '--vcenter', 'vc1', '--format', 'json');
      expect(JSON.parse(one.stdout).vchs.map(({name}: {name: string}) => name)).to.deep.equal([
        'vc1-vch0',
        'vc1-vch1',
      ]);
      expect(readdirSync(state)).to.deep.equal(['database']);
    }));
});
