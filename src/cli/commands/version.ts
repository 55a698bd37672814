import {textCommand} from '../command.js';

/** The same as `--version`. */
export const version = textCommand({
  name: 'version',
  summary: 'Print the version of vch-migrate',
  options: {},
  examples: [['version', 'what --version prints, too']],
  text: (_args, about) => `${about.version}\n`,
});
