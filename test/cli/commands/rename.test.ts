import {rename} from '../../../src/cli/commands/rename.js';
import {describeEnds} from '../command-end.js';

const args = ['web', 'shop'];

describeEnds(rename, [
  {vms: ['changed'], args, exit: 0},
  {vms: ['changed', 'changed'], args, next: /: vch-migrate audit --name vch1$/},
  {vms: ['changed', 'changed', 'skipped'], args, exit: 0},
  {
    vms: ['changed', 'refused'],
    args,
    exit: 3,
    next: /^fix the containers whose links kept the old name, then audit: vch-migrate audit/,
  },
  {vms: ['unchanged', 'changed'], args, exit: 0, next: /: vch-migrate audit --name vch1$/},
  {vms: ['unchanged'], args, exit: 0},
  {vms: ['unchanged', 'failed'], args, exit: 3},
  {vms: ['unknown'], args, exit: 1},
  {
    vms: ['changed', 'refused', 'failed'],
    args,
    next: /^finish the links that are left: vch-migrate rename web shop --name vch1$/,
  },
  {
    vms: ['unknown', 'not-attempted'],
    args,
    exit: 1,
    next: /: vch-migrate rename web shop --name vch1$/,
  },
  {
    vms: ['conflict'],
    args: ['web', 'my web'],
    exit: 1,
    next: /: vch-migrate rename web 'my web' --name vch1$/,
  },
]);
