import {apply} from '../../../src/cli/commands/apply.js';
import {describeEnds} from '../command-end.js';

describeEnds(apply, [
  {vms: [], exit: 0},
  {vms: ['changed', 'unchanged', 'skipped'], exit: 0},
  {vms: ['changed', 'refused'], exit: 3, next: /: vch-migrate verify/},
  {vms: ['refused'], exit: 3},
  {vms: ['changed', 'failed'], exit: 3, next: /^take up the rest: vch-migrate apply/},
  {vms: ['unchanged', 'conflict'], exit: 3},
  {
    vms: ['changed', 'unreachable'],
    exit: 3,
    next: /^take up the rest, when it can be reached again: vch-migrate apply/,
  },
  {vms: ['changed', 'unknown'], exit: 3},
  {vms: ['failed', 'failed', 'skipped'], exit: 1},
  {vms: ['changed', 'not-attempted'], exit: 1},
  {
    vms: ['not-attempted'],
    declined: true,
    exit: 1,
    next: /^nothing was written; to continue: vch-migrate apply/,
  },
  {vms: ['not-attempted'], stoppedBy: 'SIGINT', exit: 130, next: /^continue: vch-migrate apply/},
  {vms: ['changed', 'not-attempted'], stoppedBy: 'SIGTERM', exit: 143},
  {
    vms: ['changed', 'not-attempted'],
    stoppedBy: 'SIGINT',
    args: ['vch1.plan.json'],
    options: {report: ['night.html', 'night.json']},
    exit: 130,
    next: /: vch-migrate apply vch1\.plan\.json --from-report night\.json --only unresolved --name vch1$/,
  },
  {
    vms: ['conflict', 'not-attempted'],
    args: ['p.json'],
    next: /^take up the rest: vch-migrate apply p\.json --name vch1$/,
  },
  {
    vms: ['conflict', 'unreachable'],
    args: ['p.json'],
    next: /^see what moved: vch-migrate plan --name vch1$/,
  },
  {
    vms: ['changed'],
    options: {target: 'sim:fixtures/legacy.json'},
    next: /gone now.*vch-migrate simulate fixtures\/legacy\.json$/,
  },
]);
