import {execFileSync} from 'node:child_process';
import {expect} from 'chai';
import fc from 'fast-check';
import {verify} from '../../src/cli/commands/verify.js';
import {commands} from '../../src/cli/commands.js';
import {commandText, type MoreWords, simulatorGone} from '../../src/cli/next.js';
import {shellQuoted} from '../../src/shell-word.js';
import {endOf} from './command-end.js';
import {given} from './given-options.js';

const vch = {name: 'vch1', id: 'vm-12', nameIsUnique: true};

/** The next command line, by the command's name. */
function textOf(
  name: string,
  options: Parameters<typeof commandText>[1],
  of: Parameters<typeof commandText>[2],
  more?: MoreWords,
): string {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return commandText(command, options, of, more);
}

describe('next command', () => {
  const narrowed = given({
    only: ['name=web*', 'power=on'],
    except: 'id=vm-13',
    canary: '2',
    'max-errors': '2%',
    deadline: '04:30',
    yes: true,
  });

  it('goes on with the VMs that were selected, and with the brakes of a run that writes', () => {
    const selected = "--only 'name=web*' --only power=on --except id=vm-13";
    const brakes = '--canary 2 --max-errors 2% --deadline 04:30';
    expect(textOf('plan', narrowed, vch)).to.equal(`vch-migrate plan ${selected} --name vch1`);
    for (const command of ['apply', 'undo'])
      expect(textOf(command, narrowed, vch)).to.equal(
        `vch-migrate ${command} ${selected} ${brakes} --name vch1`,
      );
    // These look at every VM.
    for (const command of ['verify', 'status'])
      expect(textOf(command, narrowed, vch)).to.equal(`vch-migrate ${command} --name vch1`);
  });

  it('names one report to go by, and not the one before', () => {
    const again = given({'from-report': 'old.json', only: ['unresolved', 'name=a']});
    expect(textOf('apply', again, vch)).to.equal(
      'vch-migrate apply --only unresolved --only name=a --from-report old.json --name vch1',
    );
    const words = ['--from-report', 'new.json', '--only', 'unresolved'];
    expect(textOf('apply', again, vch, {words, without: ['from-report']})).to.equal(
      'vch-migrate apply --from-report new.json --only unresolved --only name=a --name vch1',
    );
  });

  it('names no password, and a VCH by its id where its name will not do', () => {
    const options = given({
      target: 'https://ann:pl4nted@vc.example/sdk',
      password: 'pl4nted',
      insecure: true,
    });
    expect(textOf('verify', options, vch)).to.equal(
      'vch-migrate verify --target https://ann@vc.example/sdk --insecure --name vch1',
    );
    expect(textOf('verify', given(), {...vch, nameIsUnique: false})).to.match(/--id vm-12$/);
    expect(textOf('verify', given(), {...vch, name: 'a\u202eb'})).to.match(/--id vm-12$/);
  });

  it('names the VCH by its id where its name cannot be typed, or where the id was given', () => {
    const next = (vchName: string, options: Parameters<typeof given>[0]) =>
      endOf(verify, {vms: ['pending'], options, vchName}).next.replace(/^.*?: /, '');
    expect(next('evil\u001b[2J', {})).to.equal('vch-migrate plan --id vm-12');
    expect(next('vch1', {id: 'vm-12'})).to.equal('vch-migrate plan --id vm-12');
    expect(next('vch 1', {insecure: true})).to.equal("vch-migrate plan --insecure --name 'vch 1'");
    expect(next('-vch1', {})).to.equal('vch-migrate plan --name=-vch1');
    expect(next('=vch1', {})).to.equal("vch-migrate plan --name '=vch1'");
  });

  it('quotes the fixture of a simulator that is gone', () => {
    expect(simulatorGone('a b.json').command).to.equal("vch-migrate simulate 'a b.json'");
  });

  it('has one kind for one name of an option, whatever the command', () => {
    const kinds = new Map<string, string>();
    for (const {options} of commands)
      for (const [name, {kind}] of Object.entries(options)) {
        expect(kinds.get(name) ?? kind, name).to.equal(kind);
        kinds.set(name, kind);
      }
  });

  it('gives every word to a shell as it is', () => {
    const word = fc.string({unit: 'binary', maxLength: 12}).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, {minLength: 1, maxLength: 40}), (words) => {
        const script = `for word in ${words.map(shellQuoted).join(' ')}; do printf '%s\\0' "$word"; done`;
        const heard = execFileSync('sh', ['-c', script], {encoding: 'utf8'}).split('\0').slice(0, -1);
        expect(heard).to.deep.equal(words.map((text) => text.toWellFormed()));
      }),
      {numRuns: 20},
    );
  });
});
