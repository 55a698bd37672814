import {verify} from '../../../src/cli/commands/verify.js';
import {describeEnds} from '../command-end.js';

describeEnds(verify, [
  {vms: ['unchanged', 'skipped'], exit: 0, next: /^nothing; every containerVM is at its goal$/},
  {vms: ['unchanged', 'refused'], next: /^fix the VMs that were refused/},
  {vms: ['unchanged', 'refused', 'unreachable'], exit: 3},
  {vms: ['unchanged', 'refused', 'failed'], exit: 1},
  {vms: ['unchanged', 'pending'], exit: 1},
  {vms: ['failed'], next: /^fix the VMs that are not at their goal, then plan: vch-migrate plan/},
]);
