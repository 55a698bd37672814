import {unlock} from '../../../src/cli/commands/unlock.js';
import {describeEnds} from '../command-end.js';

const options = {name: 'vch1'};

describeEnds(unlock, [
  {vms: ['changed'], options, upgrade: {result: 'unlocked'}, exit: 0, next: /: vch-migrate status/},
]);
