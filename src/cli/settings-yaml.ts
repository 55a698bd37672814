import {parseDocument} from 'yaml';
import {isOptionName, OPTION_NAMES, OPTIONS, type OptionName} from './option-table.js';
import type {Problems} from './problems.js';
import {suggest} from './suggest.js';

/** What a settings file says, by option: texts as they stand there, `true` and `false` for flags. */
export type FileSettings = ReadonlyMap<OptionName, readonly string[] | boolean>;

/** Reads a settings file: YAML, a map from the names of options to their values. All that is wrong is told; `null`: it is no such map at all. */
export function parseSettingsFile(text: string, problems: Problems): FileSettings | null {
  // Every value stays the text that was written: a change id of 007, a deadline of 04:30.
  const document = parseDocument(text, {schema: 'failsafe'});
  for (const {code, linePos} of document.errors) {
    problems.add(`--settings: line ${linePos?.[0].line ?? '?'} is no YAML (${code})`);
  }
  if (document.errors.length > 0) return null;
  const content: unknown = document.toJS();
  // An empty file is a map without anything.
  if (content === '' || content === null) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.add('--settings must hold a map: one option a line, such as target: vc.example');
    return null;
  }
  const settings = new Map<OptionName, readonly string[] | boolean>();
  for (const [key, value] of Object.entries(content)) {
    const read = isOptionName(key) ? readSetting(key, value) : unknownKey(key);
    if (typeof read === 'string') problems.add(`--settings: ${read}`);
    else if (isOptionName(key)) settings.set(key, read);
  }
  return settings;
}

function unknownKey(key: string): string {
  const meant = suggest(key, OPTION_NAMES);
  return `unknown setting "${key}"${meant === undefined ? '' : `, did you mean ${meant}?`}`;
}

/** A setting's value, or what is wrong with it. */
function readSetting(name: OptionName, value: unknown): readonly string[] | boolean | string {
  if (name === 'settings') return 'settings cannot name another file';
  if (name === 'password') return 'no password belongs into a file that is kept; name one by password-file';
  switch (OPTIONS[name].kind) {
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
