import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {parsed, runCommandLine, runOutcome, withTarget} from './fake-cli.js';

describe('reports of a command', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('writes the report to as many files as are named, each in the form of its ending', async () => {
    const beginnings = {
      'r.txt': /^Plan for VCH vch1/,
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
    expect(stdout).to.match(/^Plan for VCH vch1/);
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
    const {steps} = parsed(stdout);
    expect(steps).to.deep.equal([
      {
        name: 'finding the VCH',
        startedAt: '2026-01-02T03:04:07.000Z',
        finishedAt: '2026-01-02T03:04:09.000Z',
        status: 'done',
      },
      {
        name: 'reading',
        startedAt: '2026-01-02T03:04:09.000Z',
        finishedAt: '2026-01-02T03:04:12.000Z',
        status: 'interrupted',
      },
    ]);
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
