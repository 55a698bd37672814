import {undo} from '../../../src/cli/commands/undo.js';
import {describeEnds} from '../command-end.js';

describeEnds(undo, [
  {vms: ['changed', 'unchanged'], exit: 0, next: /: vch-migrate status/},
  {vms: ['changed', 'conflict'], exit: 3},
]);
