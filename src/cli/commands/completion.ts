import {VchError} from '../../errors.js';
import {textCommand} from '../command.js';
import {COMPLETION_SCRIPTS} from '../completion-scripts.js';
import {oneOf} from '../options.js';

const SHELLS = [...COMPLETION_SCRIPTS.keys()];

/** A script that teaches a shell to complete command lines. */
export const completion = textCommand({
  name: 'completion',
  positionals: [{name: 'SHELL', values: SHELLS}],
  summary: `Print a script that completes commands, options, values and files in ${oneOf(SHELLS)}`,
  options: {},
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/vch-migrate', 'for bash, once'],
    ['completion fish > ~/.config/fish/completions/vch-migrate.fish', 'for fish, once'],
    ['completion zsh > /usr/local/share/zsh/site-functions/_vch-migrate', 'for zsh, once'],
  ],
  text([shell = '']) {
    const script = COMPLETION_SCRIPTS.get(shell);
    if (script !== undefined) return script;
    throw new VchError(
      'VCH_ERR_USAGE',
      `there is no completion for "${shell}", only for ${oneOf(SHELLS)}: vch-migrate completion bash`,
    );
  },
});
