import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {reportShape} from '../../src/report/report.js';
import {parsed, runCommandLine, runOutcome, type Script, withTarget} from './fake-cli.js';

describe('reports of a command', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('writes the report to as many files as are named, each in the form of its ending', async () => {
    const beginnings = {
      'r.txt': /^→ Ready to change 1 of 1 containerVM of vch1/,
      'r.json': /^\{\n {2}"schema": "vch-migrate\/report\/v1"/,
      'r.ndjson': /^\{"schema":"vch-migrate\/events\/v1","command":"plan"/,
      'r.md': /^# Plan for VCH `vch1`/,
      'R.HTML': /^<!DOCTYPE html>/,
      'r.xml': /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites>/,
      'r.csv': /^"id","kind"/,
    };
    const reports = Object.keys(beginnings).flatMap((name) => ['--report', join(folder, name)]);
    const {code, stdout} = await runCommandLine(['plan', ...reports], withTarget);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^→ Ready to change 1 of 1 containerVM of vch1/);
    expect(stdout).to.match(/^ {2}Reports +.*r\.txt/m);
    for (const [name, beginning] of Object.entries(beginnings))
      expect(readFileSync(join(folder, name), 'utf8')).to.match(beginning);
  });

  it('tells what it did and when', async () => {
    const {stdout} = await runCommandLine(['plan', '--format', 'json'], {
      ...withTarget,
      operate: (options) => {
        options.onProgress?.({type: 'phase', phase: 'find', total: null});
        options.onProgress?.({type: 'phase', phase: 'read', total: 1});
        return runOutcome([], {interrupted: true});
      },
    });
    const {steps = []} = reportShape(JSON.parse(stdout), '');
    expect(steps.map(({name, status, phase}) => [name, status, phase])).to.deep.equal([
      ['finding the VCH', 'done', 'find'],
      ['reading', 'interrupted', 'read'],
    ]);
    const [found, read] = steps;
    expect(read?.startedAt).to.equal(found?.finishedAt);
    expect((read?.finishedAt ?? '') > (read?.startedAt ?? '')).to.equal(true);
  });

  const full: Script['out'] = async () => {
    throw new VchError('VCH_ERR_INTERNAL', 'stdout could not be written (ENOSPC)');
  };

  it('writes the files first, whatever becomes of stdout', async () => {
    for (const format of ['json', 'ndjson']) {
      const path = join(folder, `first-${format}.json`);
      let there = false;
      const out = async () => {
        there ||= existsSync(path);
        throw new VchError('VCH_ERR_INTERNAL', 'stdout could not be written (ENOSPC)');
      };
      const {code, stderr} = await runCommandLine(['plan', '--format', format, '--report', path], {
        ...withTarget,
        out,
      });
      // The head of the stream comes long before.
      expect([code, there]).to.deep.equal([1, format === 'json']);
      expect(stderr).to.include('ENOSPC');
      expect(parsed(readFileSync(path, 'utf8'))).to.include({command: 'plan'});
      expect(statSync(path).mode & 0o777).to.equal(0o600);
    }
  });

  for (const [what, out] of [
    ['fails', full],
    ['has no reader any more', async () => false],
  ] as const) {
    it(`keeps the way back on stderr and in a file where stdout ${what}`, async () => {
      const upgrade = {
        result: 'needs-person' as const,
        error: null,
        run: 'run-1',
        phase: 'data',
        lockId: 'lock-1',
        snapshot: 'snapshot-1',
        card: ['  govc snapshot.revert -s'],
      };
      const args = ['upgrade', '--data-only', '--name', 'vch1', '--yes', '--quiet'];
      const {code, stderr} = await runCommandLine(args, {...withTarget, out, upgrade});
      expect(code).to.equal(6);
      expect(stderr).to.include('govc snapshot.revert -s');
      const [, path = ''] = /the way back is kept in (\S+)/.exec(stderr) ?? [];
      expect(readFileSync(path, 'utf8')).to.equal('  govc snapshot.revert -s\n');
      rmSync(path);
    });
  }

  it('leaves the report of an earlier run where it is when the run fails', async () => {
    const path = join(folder, 'night.json');
    const night = ['--report', path];
    await runCommandLine(['plan', ...night], withTarget);
    const earlier = readFileSync(path, 'utf8');
    const {code, stderr} = await runCommandLine(
      ['apply', '--yes', '--name', 'vch1', '--from-report', path, '--only', 'unresolved', ...night],
      {
        ...withTarget,
        operate: () => {
          throw new VchError('VCH_ERR_TRANSPORT', 'the connection broke; run it again');
        },
      },
    );
    expect(code).to.equal(1);
    expect(stderr).to.include(`--report ${path} still has the report of an earlier run`);
    expect(readFileSync(path, 'utf8')).to.equal(earlier);
  });

  it('tells a failure in the form that was asked for', async () => {
    const operate = () => {
      throw new VchError('VCH_ERR_TRANSPORT', 'the connection broke; run it again');
    };
    for (const format of ['json', 'ndjson', 'markdown', 'html', 'junit', 'csv']) {
      const path = join(folder, 'failed.html');
      const args = ['plan', '--format', format, '--report', path];
      const {code, stdout} = await runCommandLine(args, {...withTarget, operate});
      expect(code).to.equal(1);
      expect(stdout).to.include('VCH_ERR_TRANSPORT').and.include('the connection broke');
      expect(readFileSync(path, 'utf8')).to.match(/^<!DOCTYPE html>[\s\S]*VCH_ERR_TRANSPORT/);
    }
  });
});
