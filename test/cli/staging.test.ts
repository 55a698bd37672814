import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {Problems, readValues} from '../../src/cli/option.js';
import {
  deadlineFrom,
  localTime,
  narrowing,
  selectOptions,
  stagingOptions,
  unresolvedOf,
} from '../../src/cli/staging.js';
import {VchError} from '../../src/errors.js';
import {glob} from '../../src/glob.js';
import {runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';
import {given} from './given-options.js';

const vms = [
  vmOutcome({id: 'vm-1', displayName: 'web-1', containerName: 'web', containerId: 'a'.repeat(64)}),
  vmOutcome({
    id: 'vm-2',
    displayName: 'db-1',
    containerName: 'orders',
    powerState: 'poweredOff',
    dataVersion: 3,
  }),
  vmOutcome({id: 'vm-3', displayName: 'x', containerName: null, dataVersion: null, status: 'refused'}),
  vmOutcome({id: 'vm-4', displayName: 'web.2', containerName: 'w2', dataVersion: 10, status: 'unchanged'}),
];

type Options = Partial<Readonly<Record<string, string | readonly string[]>>>;

async function selectedBy(options: Options): Promise<string> {
  const problems = new Problems('apply');
  const own = readValues({...selectOptions, ...stagingOptions}, given(options), problems);
  problems.throwIfAny();
  const {select} = await narrowing(own);
  return vms
    .filter((vm) => select?.(vm) ?? true)
    .map(({id}) => id.slice(3))
    .join('');
}

describe('staging options', () => {
  const cases: readonly (readonly [string, Options, string])[] = [
    ['everything without them', {}, '1234'],
    ['names, of VM or container, with * and ?', {only: ['name=web?1,ord*']}, '12'],
    ['names as they are, and not as expressions', {only: ['name=web.2']}, '4'],
    ['ids of VMs and beginnings of ids of containers', {only: ['id=vm-2,aaaaaaaa']}, '12'],
    ['power states in either spelling', {only: ['power=off']}, '2'],
    ['data versions and their ranges', {only: ['data=3-9,10']}, '24'],
    ['statuses', {only: ['status=refused,unchanged']}, '34'],
    ['either of two of a kind', {only: ['name=web*', 'name=x']}, '134'],
    ['both of two kinds', {only: ['name=web*', 'status=pending']}, '1'],
    ['all but some', {except: ['name=web*', 'status=refused']}, '2'],
    ['some but some of them', {only: ['name=*1'], except: ['power=off']}, '1'],
  ];
  for (const [what, options, ids] of cases) {
    it(`select ${what}`, async () => {
      expect(await selectedBy(options)).to.equal(ids);
    });
  }

  it('select by a pattern of many stars at once', async () => {
    expect(await selectedBy({only: [`name=${'*?'.repeat(2)}${'*'.repeat(50_000)}1`]})).to.equal('12');
    const name = 'a'.repeat(80);
    expect(glob(`${'*?'.repeat(39)}b`)(name)).to.equal(false);
    expect(glob(`${'*a'.repeat(80)}*`)(name)).to.equal(true);
    expect(glob('?')('\u{1f40b}')).to.equal(true);
  });

  const wrong: readonly (readonly [Options, RegExp])[] = [
    [{only: ['web']}, /--only must be name=GLOB/],
    [{only: ['colour=red']}, /--only must be/],
    [{except: ['power=high']}, /--except must be/],
    [{only: ['data=new']}, /--only must be/],
    [{only: ['status=done']}, /--only must be/],
    [{only: ['unresolved']}, /--from-report FILE and --only unresolved go together/],
    [{'from-report': 'x.json'}, /go together/],
    [{canary: '0'}, /--canary must be a whole number from 1/],
    [{'max-errors': '101%'}, /--max-errors must be/],
    [{'max-errors': 'few'}, /--max-errors must be/],
    [{deadline: '24:00'}, /--deadline must be a time of day/],
    [{deadline: '2026-02-30T04:30'}, /--deadline must be a time of day/],
  ];
  for (const [options, problem] of wrong) {
    it(`refuse ${JSON.stringify(options)}`, async () => {
      const refused = await selectedBy(options).catch((error: Error) => error.message);
      expect(refused).to.match(problem);
    });
  }

  const at = (day: number, hours: number, minutes: number) => new Date(2026, 0, day, hours, minutes);
  const moments: readonly (readonly [string, Date, Date | RegExp])[] = [
    ['23:30', at(2, 23, 10), at(2, 23, 30)],
    ['04:30', at(2, 23, 10), at(3, 4, 30)],
    ['04:30', at(2, 10, 30), at(3, 4, 30)],
    ['2026-01-05T04:30', at(2, 23, 10), at(5, 4, 30)],
    ['04:30', at(2, 4, 31), /passed 1 min ago, at 2026-01-02 04:30 .* --deadline 2026-01-03T04:30$/],
    ['04:30', at(2, 4, 30), /passed 0 s ago/],
    ['04:30', at(2, 10, 29), /passed 5 h 59 min ago/],
    ['2026-01-01T04:30', at(2, 23, 10), /passed .* For another day .* --deadline 2026-01-03T04:30$/],
  ];
  for (const [deadline, now, meant] of moments) {
    it(`take the deadline ${deadline} at ${now.toString().slice(4, 21)} for ${meant}`, () => {
      const problems = new Problems('apply');
      const {deadline: time} = readValues(stagingOptions, given({deadline}), problems);
      problems.throwIfAny();
      if (time === undefined) throw new Error('no deadline');
      if (meant instanceof Date) expect(deadlineFrom(time, now)).to.deep.equal(meant);
      else expect(() => deadlineFrom(time, now)).to.throw(VchError, meant);
    });
  }

  it('show a deadline with its date and zone', async () => {
    expect(localTime(at(3, 4, 30))).to.match(/^2026-01-03 04:30 GMT\S* \(\S+\)$/);
    const args = ['apply', '-n', 'vch1', '--deadline', '2099-01-31T04:30', '--yes'];
    const {stderr} = await runCommandLine(args, withTarget);
    expect(stderr).to.match(/nothing new is started after 2099-01-31 04:30 GMT/);
  });

  it('reach the run', async () => {
    const args = [
      'apply',
      '-n',
      'vch1',
      '--canary',
      '2',
      '--max-errors',
      '5%',
      '--deadline',
      '2099-01-31T04:30',
      '--yes',
    ];
    const {runs} = await runCommandLine([...args, '--only', 'name=web*'], withTarget);
    const [run] = runs;
    expect(run?.staging).to.deep.include({
      canary: 2,
      maxErrors: {kind: 'percent', percent: 5},
      goOn: undefined,
    });
    expect(run?.staging?.deadline).to.be.instanceOf(Date);
    expect(run?.select?.(vmOutcome({displayName: 'web-9'}))).to.equal(true);
    expect(run?.select?.(vmOutcome({displayName: 'db', containerName: 'db'}))).to.equal(false);
  });

  it('are refused where nothing is written', async () => {
    const {code, stderr} = await runCommandLine(['verify', '--canary', '2'], withTarget);
    expect(code).to.equal(5);
    expect(stderr).to.include('verify has no option --canary');
  });

  it('ask on a terminal whether to go on after the canaries', async () => {
    const operate = async ({
      staging,
    }: {
      staging?: {goOn?: ((a: number, b: number) => Promise<boolean>) | undefined} | undefined;
    }) => {
      const went = (await staging?.goOn?.(2, 5)) ?? false;
      return runOutcome([vmOutcome({status: went ? 'changed' : 'not-attempted'})]);
    };
    const {code, questions} = await runCommandLine(['apply', '--canary', '2'], {
      ...withTarget,
      typed: ['y'],
      operate,
    });
    expect([code, questions]).to.deep.equal([
      0,
      ['2 canaries are changed and verified. Continue with the other 5? [y/N] '],
    ]);
    const no = await runCommandLine(['apply', '--canary', '2'], {...withTarget, typed: [''], operate});
    expect(no.code).to.equal(1);
  });

  describe('with a report', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
    });
    after(() => rmSync(folder, {recursive: true}));

    it('take up only what it left unresolved', async () => {
      const path = join(folder, 'night.json');
      const failed = vmOutcome({
        id: 'vm-7',
        status: 'failed',
        error: new VchError('VCH_ERR_VIM_FAULT', 'no'),
      });
      const night = await runCommandLine(['apply', '-n', 'vch1', '--report', path, '--yes'], {
        ...withTarget,
        operate: () => runOutcome([vmOutcome({status: 'changed'}), failed]),
      });
      const rest = `apply --from-report ${path} --only unresolved --name vch1`;
      expect(night.stdout).to.match(new RegExp(`Next: take up the rest\\n  vch-migrate ${rest}\\n$`));
      const {runs} = await runCommandLine([...rest.split(' '), '--yes'], withTarget);
      expect(runs[0]?.select?.(vmOutcome({id: 'vm-7'}))).to.equal(true);
      expect(runs[0]?.select?.(vmOutcome({id: 'vm-7', containerId: 'other'}))).to.equal(false);
      expect(runs[0]?.select?.(vmOutcome())).to.equal(false);
      expect(runs[0]?.reported).to.include({id: 'vm-12', name: 'vch1'});
    });

    it('take up a VM that could not be read then, or cannot be now', () => {
      const left = unresolvedOf([
        vmOutcome({id: 'vm-7', containerId: null, status: 'unreachable'}),
        vmOutcome({id: 'vm-8', status: 'failed'}),
      ]);
      expect(left(vmOutcome({id: 'vm-7'}))).to.equal(true);
      expect(left(vmOutcome({id: 'vm-8', containerId: null}))).to.equal(true);
      expect(left(vmOutcome({id: 'vm-9', containerId: null}))).to.equal(false);
    });

    it('refuse a file that is no report before anybody logs in', async () => {
      const path = join(folder, 'none.json');
      writeFileSync(path, '{}');
      const args = ['apply', '-n', 'vch1', '--from-report', path, '--only', 'unresolved', '--yes'];
      const {code, calls} = await runCommandLine(args, withTarget);
      expect([code, calls]).to.deep.equal([5, []]);
    });
  });
});
