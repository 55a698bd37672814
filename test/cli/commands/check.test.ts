import {join} from 'node:path';
import {expect} from 'chai';
import {writeIso} from '../../iso-file.js';
import {withDirectory} from '../../temporary-directory.js';
import {parsed, runCommandLine, runOutcome, vmOutcome, withTarget} from '../fake-cli.js';

const CHECK = {id: 'hosts', title: 'hosts', message: 'esx1 (8.0.2)'};

describe('vch-migrate check', () => {
  for (const [status, vmStatus, code] of [
    ['ok', 'pending', 0],
    ['warning', 'unchanged', 0],
    ['warning', 'refused', 3],
    ['ok', 'unreachable', 3],
    ['failed', 'refused', 1],
    ['failed', 'pending', 1],
  ] as const) {
    it(`exits ${code} with a check that is ${status} and a VM that is ${vmStatus}`, async () => {
      const ended = await runCommandLine(['check'], {
        ...withTarget,
        checks: [{...CHECK, status}],
        operate: () => runOutcome([vmOutcome({status: vmStatus})]),
      });
      expect(ended.code).to.equal(code);
      expect(ended.calls).to.include('check');
      expect(ended.stdout).to.contain('esx1 (8.0.2)');
    });
  }

  it('hands over the ISO files, the switches and the time limit', async () => {
    await withDirectory({}, async (directory) => {
      const path = await writeIso(join(directory, 'appliance.iso'));
      const ended = await runCommandLine(
        ['check', '--appliance-iso', path, '--skip-version-check', '--timeout', '90s'],
        withTarget,
      );
      expect(ended.code).to.equal(0);
      expect(ended.runs[0]).to.deep.include({timeout: 90_000, skipVersionCheck: true, skipIsoCheck: false});
      expect(ended.runs[0]).to.have.nested.property('applianceIso.buildNumber', '20000');
    });
  });

  it('exits 5 for a file that is no ISO file, before it looks at anything', async () => {
    const ended = await runCommandLine(['check', '--bootstrap-iso', 'package.json'], withTarget);
    expect(ended.code).to.equal(5);
    expect(ended.stderr).to.contain('VCH_ERR_USAGE: package.json is too short for an ISO file');
    expect(ended.calls).not.to.include('check');
  });

  it('tells programs what was looked at, and no password', async () => {
    const checks = [
      {...CHECK, status: 'warning' as const},
      {...CHECK, status: 'ok' as const, message: 'pl4nted-pw'},
    ];
    const {stdout} = await runCommandLine(['check', '--format', 'json'], {...withTarget, checks});
    const {command, checks: told} = parsed(stdout);
    expect(command).to.equal('check');
    expect(told).to.be.an('array').with.lengthOf(2);
    expect(told).to.deep.include({...CHECK, status: 'warning'});
    expect(stdout).not.to.contain('pl4nted-pw');
  });
});
