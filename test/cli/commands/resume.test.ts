import {resume} from '../../../src/cli/commands/resume.js';
import {describeEnds} from '../command-end.js';

const options = {name: 'vch1'};

describeEnds(resume, [{vms: ['changed'], options, upgrade: {}, exit: 0, next: /: vch-migrate verify/}]);
