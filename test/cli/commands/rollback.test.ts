import {rollback} from '../../../src/cli/commands/rollback.js';
import {describeEnds} from '../command-end.js';

const options = {name: 'vch1'};

describeEnds(rollback, [
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'resumable', phase: 'rollback-containers'},
    exit: 1,
    next: /^go on: vch-migrate rollback --name vch1$/,
  },
  {vms: ['changed'], options, upgrade: {result: 'rolled-back'}, exit: 0, next: /^vch-migrate status/},
  {
    vms: ['changed', 'conflict'],
    options,
    upgrade: {result: 'rolled-back'},
    exit: 3,
    next: /vch-migrate undo --run run-1 --name vch1$/,
  },
]);
