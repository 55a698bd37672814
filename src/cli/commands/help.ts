import {textCommand} from '../command.js';
import {helpText} from '../help.js';

/** The same as `--help`. */
export const help = textCommand({
  name: 'help',
  positionals: [
    {name: 'COMMAND', optional: true},
    {name: 'SUBCOMMAND', optional: true},
  ],
  summary: 'Explain a command, or with "options" the options that commands share',
  options: {},
  examples: [
    ['help upgrade', 'options and examples of a command'],
    ['help plugins new', 'one of a group'],
    ['help options', 'where to connect to, which VCH, where the result goes'],
  ],
  text: (words, {commands, terminal}) => helpText(commands, words, terminal.columns),
});
