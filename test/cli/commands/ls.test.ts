import {expect} from 'chai';
import type {Simulator} from '../../../src/simulator/simulator.js';
import {onSimulator} from '../../on-simulator.js';
import {expectValid} from '../../schemas.js';
import {smallVch, withSimulator} from '../../small-vch.js';
import {parsed, runCommandLine, withTarget} from '../fake-cli.js';

function ls(simulator: Simulator, ...args: readonly string[]) {
  return onSimulator(simulator, 'ls', ...args);
}

/** A VCH with one containerVM. */
const fixture = smallVch([{name: 'web'}]);

describe('ls', () => {
  it('lists VCHs as text and JSON', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const text = await ls(simulator);
      expect(text.stdout).to.match(/vch1 +vm-100 +- +8000 +0 +1 +none in progress/);
      expect(text.stdout).to.match(/Next: vch-migrate plan --name vch1\n$/);
      const listing = parsed((await ls(simulator, '--format', 'json')).stdout);
      expectValid('ls', listing);
      expect(listing.vchs).to.have.nested.property('[0].id', 'vm-100');
      expect(listing.vchs).to.have.nested.property('[0].lock').that.deep.equals({held: false});
    });
  });

  it('goes on by id where VCHs share a name', async () => {
    await withSimulator({fixture: 'fixtures/two-vchs.json'}, async (simulator) => {
      const {stdout} = await ls(simulator);
      expect(stdout).to.match(/Next: vch-migrate plan --id vm-\d+\n$/);
    });
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
    await withSimulator({fixture}, async (simulator) => {
      const {code, stderr} = await ls(simulator, '-n', 'nope');
      expect(code).to.equal(1);
      expect(stderr).to.match(/^vch-migrate: VCH_ERR_VCH_NOT_FOUND: no VCH nope on/);
    });
  });
});
