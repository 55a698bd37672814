import {join} from 'node:path';
import {expect} from 'chai';
import {vchMigrate} from '../../on-simulator.js';
import {withDirectory} from '../../temporary-directory.js';

describe('cli/fleet/inventory-file', () => {
  it('names five problems of a file, and a command that lists them all', () =>
    withDirectory({'f 1.yaml': `vcenters:\n${'  - {}\n'.repeat(4)}waves: 7\n`}, async (folder) => {
      const file = join(folder, 'f 1.yaml');
      const plan = ['fleet', 'plan', '--inventory', file, '--state-dir', join(folder, 'a state')];
      const refused = await vchMigrate(plan);
      expect(refused.code).to.equal(5);
      const validate = `vch-migrate fleet validate --inventory '${file}'`;
      const [, problems = '', next] = /USAGE: (.*)\. See (.*)\n$/.exec(refused.stderr) ?? [];
      expect(next).to.equal(validate);
      const told = problems.split('; ');
      const whole = await vchMigrate(['fleet', 'validate', '--inventory', file]);
      const lines = whole.stdout.split('\n').filter((line) => line.startsWith(`${file}:`));
      expect(lines.length).to.be.greaterThan(6);
      expect(told).to.deep.equal([...lines.slice(0, 5), `${lines.length - 5} more`]);
    }));
});
