import {expect} from 'chai';
import type {Simulator} from '../../../src/simulator/simulator.js';
import {writeIso} from '../../iso-file.js';
import {onSimulator} from '../../on-simulator.js';
import {expectValid} from '../../schemas.js';
import {smallVch, withSimulator} from '../../small-vch.js';
import {withDirectory} from '../../temporary-directory.js';
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
      expect(text.stdout).to.match(/Next\n {2}vch-migrate plan --name vch1\n$/);
      const listing = parsed((await ls(simulator, '--format', 'json')).stdout);
      expectValid('ls', listing);
      expect(listing.vchs).to.have.nested.property('[0].id', 'vm-100');
      expect(listing.vchs).to.have.nested.property('[0].lock').that.deep.equals({held: false});
    });
  });

  it('says which VCHs an ISO file at hand is newer than', async () => {
    await withDirectory({}, async (directory) => {
      const iso = (publisher: string) => writeIso(`${directory}/${publisher}.iso`, {publisher});
      await withSimulator({fixture}, async (simulator) => {
        const newer = await ls(simulator, '--ai', await iso('v1.5.6-21123-abcdef1'));
        expect(newer.stdout).to.contain('has version v1.5.6, build 21123: newer than vch1 (vm-100)');
        const older = ['--appliance-iso', await iso('v0.8.0-7000-abcdef1'), '--format', 'json'];
        const listing = parsed((await ls(simulator, ...older)).stdout);
        expectValid('ls', listing);
        expect(listing).to.have.property('iso').that.deep.includes({build: '7000', newerThan: []});
        const none = await ls(simulator, '--ai', `${directory}/none.iso`);
        expect([none.code, none.stderr.includes('does not exist')]).to.deep.equal([5, true]);
      });
    });
  });

  it('goes on by id where VCHs share a name', async () => {
    await withSimulator({fixture: 'fixtures/two-vchs.json'}, async (simulator) => {
      const {stdout} = await ls(simulator);
      expect(stdout).to.match(/Next\n {2}vch-migrate plan --id vm-\d+\n$/);
    });
  });

  it('refuses forms that only reports have', async () => {
    const {code, stderr, calls} = await runCommandLine(
      ['ls', '--format', 'csv', '--report', 'x.csv'],
      withTarget,
    );
    expect([code, calls]).to.deep.equal([5, []]);
    expect(stderr).to.include(
      '--format must be text, json or html; --report must end in .txt, .json or .html',
    );
  });

  it('says which VCH is not there, and what is', async () => {
    await withSimulator({fixture}, async (simulator) => {
      for (const [option, word, what] of [
        ['-n', 'nope', 'name "nope"'],
        ['--id', 'vm-9', 'id vm-9'],
        ['-r', 'nosuch', 'compute resource nosuch'],
      ] as const) {
        const {code, stderr} = await ls(simulator, option, word);
        expect(code).to.equal(1);
        expect(stderr)
          .to.match(new RegExp(`^vch-migrate: VCH_ERR_VCH_NOT_FOUND: no VCH with ${what} on`))
          .and.to.contain('there is: vch1 (--id vm-100, /dc1/cluster1/vch1)');
      }
    });
  });
});
