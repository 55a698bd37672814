import type {parseDocument, visit} from 'yaml';
import {type ReadText, whyUnread} from '../text-file.js';
import {type GivenOptions, type Option, type OptionSet, Problems} from './option.js';
import {suggest} from './parse-command-line.js';

/**
 * The options of a command line, and behind them those of the file that `--settings` names: it counts like options
 * that were typed, so it beats the environment. `names` are still those of the command line alone.
 */
export async function withSettingsFile(
  given: GivenOptions,
  command: {readonly name: string; readonly options: OptionSet},
  known: OptionSet,
  read: ReadText,
): Promise<GivenOptions> {
  const path = given.text('settings');
  if (path === undefined || path === '') return given;
  const {parseDocument, visit} = await import('yaml');
  const problems = new Problems(command.name);
  const file = read(path);
  if (file.status !== 'read') {
    problems.add(`--settings: ${path} cannot be read (${whyUnread(file)})`);
  }
  const settings = parseSettingsFile(file.status === 'read' ? file.text : '', {
    parseDocument,
    visit,
    known,
    problems,
  });
  // Without the file, what it should have said would seem to be missing, too.
  if (settings === null || file.status !== 'read') problems.throwIfAny();
  const takes = (name: string) => Object.hasOwn(command.options, name);
  const ofFile = (name: string): readonly string[] => {
    // One file serves all commands; each takes what it knows.
    const value = takes(name) ? settings?.get(name) : undefined;
    return typeof value === 'object' ? value : [];
  };
  const texts = (name: string) => (given.names.includes(name) ? given.texts(name) : ofFile(name));
  return {
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => given.flag(name) || (takes(name) && settings?.get(name) === true),
    names: given.names,
    problems: problems.found,
  };
}

/** What a settings file says, by option: texts as they stand there, `true` and `false` for flags. */
export type FileSettings = ReadonlyMap<string, readonly string[] | boolean>;

interface Parsing {
  readonly parseDocument: typeof parseDocument;
  readonly visit: typeof visit;
  /** Every option of every command. */
  readonly known: OptionSet;
  readonly problems: Problems;
}

/** Reads a settings file: YAML, a map from the names of options to their values. Adds every problem it finds; returns `null` where the file is no such map. */
function parseSettingsFile(
  text: string,
  {parseDocument, visit, known, problems}: Parsing,
): FileSettings | null {
  // Every value stays the text that was written: a change id of 007, a deadline of 04:30.
  const document = parseDocument(text, {schema: 'failsafe', logLevel: 'error'});
  // One mistake makes the parser find many.
  const [error] = document.errors;
  if (error !== undefined) {
    problems.add(`--settings: line ${error.linePos?.[0].line ?? '?'} is no YAML (${error.code})`);
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
      '--settings: YAML aliases (*name) are not read here; write the value where it is needed, in quotation marks if it begins with *',
    );
    return null;
  }
  const content: unknown = document.toJS();
  // An empty file is a map without anything.
  if (content === '' || content === null) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.add('--settings must hold a map: one option a line, such as target: vc.example');
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
  if (name === 'password') return 'no password belongs into a file that is kept; name one by password-file';
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
