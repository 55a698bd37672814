import {type ReadText, whyUnread} from '../text-file.js';
import {type GivenOptions, type Option, type OptionSet, Problems} from './option.js';
import {suggest} from './suggest.js';

/**
 * The options of a command line, completed by those of the file that `--settings` names. They count like typed options,
 * so they override the environment. `names` are still those of the command line alone.
 */
export async function withSettingsFile(
  given: GivenOptions,
  command: {readonly name: string; readonly options: OptionSet},
  known: OptionSet,
  read: ReadText,
): Promise<GivenOptions> {
  const path = given.text('settings');
  if (path === undefined || path === '') return given;
  const problems = new Problems(command.name);
  const file = read(path);
  if (file.status !== 'read') problems.add(`--settings: ${path} cannot be read (${whyUnread(file)})`);
  const settings = file.status === 'read' ? await parseSettings(file.text, known, problems) : null;
  // Otherwise everything that the file should contain would be reported as missing.
  if (settings === null) problems.throwIfAny();
  // One file serves all commands; each takes what it knows.
  const setting = (name: string) => (Object.hasOwn(command.options, name) ? settings?.get(name) : undefined);
  const texts = (name: string): readonly string[] => {
    const value = given.names.includes(name) ? given.texts(name) : setting(name);
    return typeof value === 'object' ? value : [];
  };
  return {
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => given.flag(name) || setting(name) === true,
    names: given.names,
    problems: problems.found,
  };
}

/** The settings of a file by option: texts as written, `true` and `false` for flags. */
type FileSettings = ReadonlyMap<string, readonly string[] | boolean>;

/** Reads a settings file: a YAML map from the names of options to their values. `null` if it is not one. */
async function parseSettings(
  text: string,
  known: OptionSet,
  problems: Problems,
): Promise<FileSettings | null> {
  const {parseDocument, visit} = await import('yaml');
  // Every value stays the text that was written: a change id of 007, a deadline of 04:30.
  const document = parseDocument(text, {schema: 'failsafe', logLevel: 'error'});
  // After the first mistake the parser finds many more.
  const [error] = document.errors;
  if (error !== undefined) {
    problems.add(`--settings: line ${error.linePos?.[0].line ?? '?'} is not YAML (${error.code})`);
    return null;
  }
  let hasAlias = false;
  visit(document, {
    Alias() {
      hasAlias = true;
    },
  });
  if (hasAlias) {
    // Its name is not shown: it may be a password that begins with `*`.
    problems.add(
      '--settings: YAML aliases (*name) are not supported; write the value where it is needed, in quotation marks if it begins with *',
    );
    return null;
  }
  const content: unknown = document.toJS();
  // An empty file is an empty map.
  if (content === '' || content === null) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.add('--settings must contain a map: one option a line, such as target: vc.example');
    return null;
  }
  const settings = new Map<string, readonly string[] | boolean>();
  for (const [key, value] of Object.entries(content)) {
    const option = Object.hasOwn(known, key) ? known[key] : undefined;
    const read = option === undefined ? unknownKey(key, known) : readSetting(key, option, value);
    if (typeof read === 'string') problems.add(`--settings: ${read}`);
    else settings.set(key, read);
  }
  return settings;
}

function unknownKey(key: string, known: OptionSet): string {
  const meant = suggest(key, Object.keys(known));
  return `unknown setting "${key}"${meant === undefined ? '' : `, did you mean ${meant}?`}`;
}

/** A setting's value, or what is wrong with it. */
function readSetting(
  name: string,
  {kind}: Option<unknown>,
  value: unknown,
): readonly string[] | boolean | string {
  if (name === 'settings') return 'settings cannot name another file';
  if (name === 'password') return 'a settings file must not contain a password; use password-file';
  switch (kind) {
    case 'flag':
      return value === 'true' || value === 'false' ? value === 'true' : `${name} must be true or false`;
    case 'text':
      return typeof value === 'string' && value !== '' ? [value] : `${name} must have one value`;
    case 'texts': {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      const texts = values.filter((text) => typeof text === 'string').filter((text) => text !== '');
      return texts.length === values.length && texts.length > 0
        ? texts
        : `${name} must have one value, or a list of them`;
    }
  }
}
