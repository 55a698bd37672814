import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {expectValid, fits} from '../schemas.js';
import {parsed, runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

describe('saved plan', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
    file = join(folder, 'vch1.plan.json');
  });
  beforeEach(() => runCommandLine(['plan', '--out', file, '--change-id', 'CHG-7'], withTarget));
  after(() => rmSync(folder, {recursive: true}));

  function spoilt(edit: (text: string) => string): string {
    const path = join(folder, 'spoilt.json');
    writeFileSync(path, edit(readFileSync(file, 'utf8')));
    return path;
  }

  it('fits its published schema', () => {
    const plan = parsed(readFileSync(file, 'utf8'));
    expectValid('plan', plan);
    expect(fits('plan', {...plan, digest: 'none'})).to.equal(false);
    expect(fits('plan', {...plan, report: {}})).to.equal(false);
  });

  it('is told with its digest, and with the command that carries it out', async () => {
    const {stdout, stderr} = await runCommandLine(['plan', '--out', file], withTarget);
    const {digest} = parsed(readFileSync(file, 'utf8'));
    expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
    expect(stderr).to.include(`the plan is saved in ${file}, ${digest}`);
    expect(stdout).to.include(`Digest         ${digest}`);
    expect(stdout).to.match(/Next: carry out .*\n {2}vch-migrate apply \S+vch1\.plan\.json --name vch1\n$/);
  });

  it('holds no secret', async () => {
    const secret = vmOutcome({
      changes: [{key: 'proxy', before: null, after: 'http://u:pl4nted3@proxy:3128'}],
      findings: [{code: 'odd', message: 'see pl4nted-pw'}],
    });
    await runCommandLine(['plan', '--out', file], {...withTarget, operate: () => runOutcome([secret])});
    expect(readFileSync(file, 'utf8')).to.include('(sensitive)').and.not.include('pl4nted');
  });

  it('is carried out without naming the VCH again, under the change it was planned for', async () => {
    const {code, calls, runs, stdout} = await runCommandLine(['apply', file, '--yes'], {
      ...withTarget,
      operate: () => runOutcome([vmOutcome({status: 'changed'})]),
    });
    expect([code, calls]).to.deep.equal([0, ['connect', 'applyPlan']]);
    expect(runs[0]).to.include({changeId: 'CHG-7'});
    expect(stdout).to.match(/Digest +sha256:/);
  });

  it('leaves the way to a new plan when a VM had moved', async () => {
    const moved = vmOutcome({status: 'conflict', error: new VchError('VCH_ERR_CONFLICT', 'moved')});
    const {code, stdout} = await runCommandLine(['apply', file, '-n', 'vch1', '--yes'], {
      ...withTarget,
      operate: () => runOutcome([moved, vmOutcome({status: 'changed'})]),
    });
    expect(code).to.equal(3);
    expect(stdout).to.match(/Next: see what moved\n {2}vch-migrate plan --name vch1\n$/);
  });

  const wrong: readonly (readonly [string, (text: string) => string, RegExp])[] = [
    ['was cut off', (text) => text.slice(0, -100), /is not JSON: it was changed, or cut off/],
    ['was changed', (text) => text.replace('"web"', '"wed"'), /its digest does not match/],
    ['lost a VM', (text) => text.replace('"id": "vm-13",', ''), /its digest does not match/],
    ['has another digest', (text) => text.replace(/sha256:./, 'sha256:x'), /its digest does not match/],
    ['has none', (text) => text.replace('"digest"', '"digset"'), /is not a plan, or not complete: digest/],
    ['is something else', () => '{"schema": "vch-migrate/report/v1"}', /is not a plan, or not complete/],
    ['is a list', () => '[]', /the document is not an object/],
  ];
  for (const [what, edit, message] of wrong) {
    it(`is refused before anybody logs in when it ${what}`, async () => {
      const {code, stderr, calls} = await runCommandLine(['apply', spoilt(edit), '--yes'], withTarget);
      expect([code, calls]).to.deep.equal([1, []]);
      expect(stderr)
        .to.match(/^vch-migrate: VCH_ERR_PLAN_STALE: /)
        .and.to.match(message);
    });
  }

  it('is not hurt by a mail that changes line ends and blanks', async () => {
    const path = spoilt((text) => text.replaceAll('\n', '\r\n').replaceAll('  ', '\t'));
    const {calls} = await runCommandLine(['apply', path, '--yes'], withTarget);
    expect(calls).to.deep.equal(['connect', 'applyPlan']);
  });

  it('is refused by another major version', async () => {
    const {code, stderr} = await runCommandLine(['apply', file, '--yes'], {...withTarget, version: '10.0.0'});
    expect(code).to.equal(1);
    expect(stderr).to.include('VCH_ERR_PLAN_STALE').and.include('version 9.9.9 of vch-migrate made it');
  });

  it('is not written over by the report of its apply', async () => {
    const before = readFileSync(file);
    const {code, stderr, calls} = await runCommandLine(
      ['apply', file, '--report', file, '--yes'],
      withTarget,
    );
    expect([code, calls]).to.deep.equal([5, []]);
    expect(stderr).to.include('is named for two files at once');
    expect(readFileSync(file)).to.deep.equal(before);
  });

  it('is not said to be carried out where it was only to be read', async () => {
    const path = spoilt((text) => text.slice(0, -100));
    for (const args of [
      ['show', path],
      ['apply', '-n', 'vch1', '--from-report', path, '--only', 'unresolved', '--yes'],
    ]) {
      const {code, stderr} = await runCommandLine(args, withTarget);
      expect(code).to.equal(1);
      expect(stderr).to.match(/VCH_ERR_PLAN_STALE: \S+spoilt\.json cannot be used: it is not JSON/);
    }
  });

  it('that is not there is a matter of usage', async () => {
    const {code, stderr} = await runCommandLine(['apply', join(folder, 'nowhere.json'), '--yes'], withTarget);
    expect(code).to.equal(5);
    expect(stderr).to.match(/nowhere\.json cannot be read \(no such file\)/);
  });

  it('needs a folder that can be written', async () => {
    const {code, stderr} = await runCommandLine(['plan', '--out', '/nowhere/x.json'], withTarget);
    expect(code).to.equal(5);
    expect(stderr).to.include('--out is in a folder');
  });
});
