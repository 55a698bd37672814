import {status} from '../../../src/cli/commands/status.js';
import {describeEnds} from '../command-end.js';

describeEnds(status, [
  {vms: ['pending', 'refused'], exit: 0, next: /: vch-migrate plan/},
  {vms: ['unchanged'], next: /: vch-migrate verify/},
]);
