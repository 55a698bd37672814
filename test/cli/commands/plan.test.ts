import {plan} from '../../../src/cli/commands/plan.js';
import {describeEnds} from '../command-end.js';

describeEnds(plan, [
  {vms: ['pending', 'refused'], exit: 0, next: /: vch-migrate apply --name vch1$/},
  {vms: ['pending', 'refused'], options: {'detailed-exitcode': true}, exit: 2},
  {vms: ['unchanged', 'refused', 'unreachable'], options: {'detailed-exitcode': true}, exit: 0},
  {vms: ['unchanged'], next: /^check every containerVM against its goal: vch-migrate verify --name vch1$/},
  {
    vms: ['pending'],
    lock: {held: true, by: 'vic-machine', lockId: null, owner: null, phase: null},
    next: /^wait until the upgrade is over/,
  },
  {
    vms: ['pending'],
    options: {only: 'name=web'},
    next: /: vch-migrate apply --only name=web --name vch1$/,
  },
  {
    vms: ['pending'],
    options: {only: 'name=web', out: 'p.json'},
    next: /: vch-migrate apply p\.json --name vch1$/,
  },
]);
