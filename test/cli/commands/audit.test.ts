import {audit} from '../../../src/cli/commands/audit.js';
import {describeEnds} from '../command-end.js';

describeEnds(audit, [
  {vms: ['unchanged', 'skipped'], exit: 0},
  {vms: ['unchanged'], next: /: vch-migrate status/},
  {vms: ['unchanged', 'unreachable'], exit: 3},
  {vms: ['unchanged', 'failed'], exit: 1, next: /^fix the findings, then audit again: vch-migrate audit/},
]);
