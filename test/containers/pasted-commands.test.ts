import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {reportOf, vmOf} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {smallVch, withSimulator} from '../small-vch.js';

const VM = 'VirtualMachine:vm-101';

describe('commands in messages', () => {
  const cases: readonly (readonly [string, Parameters<typeof smallVch>[0][number], string])[] = [
    ['has no name', {name: 'web', legacyName: null}, `govc vm.change -vm ${VM} -e common/name=NAME`],
    ['has no data version', {name: 'web', dataVersion: 'x'}, `govc vm.info -e ${VM}`],
    [
      'has no sound ledger',
      {name: 'web', extraConfig: {'vch-migrate/ledger': '{'}},
      `govc vm.change -vm ${VM} -e vch-migrate/ledger=`,
    ],
  ];
  for (const [what, vm, command] of cases) {
    it(`name the VM that ${what} by its moref`, async () => {
      await withSimulator({fixture: smallVch([vm])}, async (simulator) => {
        const {report} = await reportOf(simulator, 'plan');
        expect(vmOf(report, 'vm-101').error?.message).to.include(command);
      });
    });
  }

  it('leave nothing about a VM to be filled in', () => {
    for (const folder of ['src', 'plugins']) {
      for (const file of readdirSync(join(ROOT, folder), {recursive: true, encoding: 'utf8'})) {
        if (!file.endsWith('.ts')) continue;
        const text = readFileSync(join(ROOT, folder, file), 'utf8');
        // What follows a command of govc about a VM up to the end of its text; what dumps all of them names none.
        for (const [command] of text.matchAll(/govc (?:vm|snapshot|device|events)\.[a-z.]+ [^`'\n]*/g))
          expect(command, file).to.match(/VirtualMachine:|\$\{|^govc vm\.info -json -e/);
        expect(text, file).not.to.match(/<(?:path|name|id) of/);
      }
    }
  });
});
