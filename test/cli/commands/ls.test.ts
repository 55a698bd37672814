import {expect} from 'chai';
import {parsed, runCommandLine, VCH, withTarget} from '../fake-cli.js';

describe('ls', () => {
  it('lists VCHs as text and JSON', async () => {
    const text = await runCommandLine(['ls'], withTarget);
    expect(text.stdout).to.match(/vch1 +vm-12 +v0\.9\.0 +5678 +0 +1 +none in progress/);
    expect(text.stdout).to.match(/Next: vch-migrate plan --name vch1\n$/);
    const json = await runCommandLine(['ls', '--format', 'json'], withTarget);
    const listing = parsed(json.stdout);
    expect(listing.schema).to.equal('vch-migrate/ls/v1');
    expect(listing.vchs).to.deep.equal([VCH]);
  });

  it('goes on by id where VCHs share a name', async () => {
    const twins = [VCH, {...VCH, id: 'vm-99'}];
    const {stdout} = await runCommandLine(['ls'], {...withTarget, listVchs: () => twins});
    expect(stdout).to.match(/Next: vch-migrate plan --id vm-12\n$/);
  });

  it('refuses forms that only reports have', async () => {
    const {code, stderr, calls} = await runCommandLine(
      ['ls', '--format', 'html', '--report', 'x.csv'],
      withTarget,
    );
    expect([code, calls]).to.deep.equal([5, []]);
    expect(stderr).to.include('--format must be text or json; --report must end in .txt or .json');
  });

  it('says which VCH is not there', async () => {
    const {code, stderr} = await runCommandLine(['ls', '-n', 'nope'], {...withTarget, listVchs: () => []});
    expect(code).to.equal(1);
    expect(stderr).to.match(/^vch-migrate: VCH_ERR_VCH_NOT_FOUND: no VCH nope on/);
  });
});
