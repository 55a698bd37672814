import {upgrade} from '../../../src/cli/commands/upgrade.js';
import {describeEnds} from '../command-end.js';

const options = {name: 'vch1'};

describeEnds(upgrade, [
  {vms: ['changed'], options, upgrade: {}, exit: 0, next: /: vch-migrate verify --name vch1$/},
  {
    vms: ['changed', 'refused', 'unreachable'],
    options,
    upgrade: {},
    exit: 3,
    next: /apply to only those: vch-migrate apply --only id=vm-1 --only id=vm-2 --name vch1$/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {},
    findings: ['previous-snapshot-left'],
    exit: 3,
    next: /: vch-migrate verify/,
  },
  {vms: ['changed'], options, upgrade: {result: 'planned'}, exit: 0, next: /: vch-migrate upgrade/},
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'not-started'},
    exit: 1,
    next: /^nothing was written; to continue: vch-migrate upgrade/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'as-before'},
    exit: 1,
    next: /^fix the cause, then upgrade again: vch-migrate upgrade/,
  },
  {
    vms: ['changed'],
    options,
    upgrade: {result: 'resumable', phase: 'snapshot'},
    exit: 1,
    next: /^continue the upgrade: vch-migrate resume .*; or take it back: vch-migrate rollback/,
  },
  {vms: ['changed'], options, upgrade: {result: 'needs-person'}, exit: 6, next: /vch-migrate rollback/},
]);
