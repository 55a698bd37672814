import {expect} from 'chai';
import {rollback} from '../../../src/cli/commands/rollback.js';
import {describeEnds} from '../command-end.js';
import {runCommandLine, runOutcome, vmOutcome, withTarget} from '../fake-cli.js';

const options = {name: 'vch1'};

describe('vch-migrate rollback', () => {
  it('asks with what was changed since the upgrade, and hands over --discard-changes', async () => {
    const message = 'changed since the upgrade, and discarded by its rollback: \u001b[2Jkey is "1" now';
    const args = ['rollback', '--discard-changes'];
    const {questions, runs} = await runCommandLine(args, {
      ...withTarget,
      typed: ['vch1'],
      async operate({confirm}) {
        const planned = runOutcome([vmOutcome()], {findings: [{code: 'changed-since-upgrade', message}]});
        await confirm?.(planned);
        return planned;
      },
    });
    expect(questions[0]).to.contain('and discarded by its rollback: key is "1" now; 1 of 1 containerVMs');
    expect(runs[0]).to.include({discardChanges: true});
  });
});

describeEnds(rollback, [
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'resumable', phase: 'rollback-containers'},
    exit: 1,
    next: /^continue the rollback: vch-migrate rollback --name vch1$/,
  },
  {vms: ['changed'], options, upgrade: {result: 'rolled-back'}, exit: 0, next: /: vch-migrate status/},
  {
    vms: ['changed', 'conflict'],
    options,
    upgrade: {result: 'rolled-back'},
    exit: 3,
    next: /vch-migrate undo --run run-1 --name vch1$/,
  },
]);
