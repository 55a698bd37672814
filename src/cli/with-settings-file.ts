import type {GivenOptions, OptionName} from './option-table.js';
import {Problems} from './problems.js';
import type {ReadText} from './settings-file.js';

/**
 * The options of a command line, and behind them those of the file that `--settings` names: it counts like options
 * that were typed, so it beats the environment. `names` are still those of the command line alone.
 */
export async function withSettingsFile(
  given: GivenOptions,
  command: {readonly name: string; readonly options: readonly OptionName[]},
  read: ReadText,
): Promise<GivenOptions> {
  const path = given.text('settings');
  if (path === undefined || path === '') return given;
  const {parseSettingsFile} = await import('./settings-yaml.js');
  const problems = new Problems();
  const file = read(path);
  if (file.status !== 'read') {
    problems.add(
      `--settings: ${path} cannot be read (${file.status === 'missing' ? 'no such file' : file.reason})`,
    );
  }
  const settings = parseSettingsFile(file.status === 'read' ? file.text : '', problems);
  // Without the file, what it should have said would seem to be missing, too.
  if (settings === null || file.status !== 'read') problems.throwIfAny(command.name);
  const ofFile = (name: OptionName): readonly string[] => {
    // One file serves all commands; each takes what it knows.
    const value = command.options.includes(name) ? settings?.get(name) : undefined;
    return typeof value === 'object' ? value : [];
  };
  const texts = (name: OptionName) => (given.names.includes(name) ? given.texts(name) : ofFile(name));
  return {
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => given.flag(name) || (command.options.includes(name) && settings?.get(name) === true),
    names: given.names,
    problems: problems.found,
  };
}
