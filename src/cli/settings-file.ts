import {join} from 'node:path';
import {type ReadText, whyUnread} from '../text-file.js';
import {type Environment, readEnvironment} from './credentials.js';
import {type GivenOptions, type Option, type OptionSet, Problems} from './option.js';
import {suggest} from './suggest.js';
import {parseTarget} from './target.js';
import {xdgFolder} from './xdg.js';

// Why: docs/decisions/004-settings-and-next-commands.md

interface Surroundings {
  readonly read: ReadText;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * The options of a command line, completed by the file that `--settings` names and by `--profile`, which count like typed
 * options, and then, behind the environment, by the default file. `names` are still those of the command line alone.
 */
export async function withSettings(
  given: GivenOptions,
  command: {readonly name: string; readonly options: OptionSet},
  known: OptionSet,
  {read, variables}: Surroundings,
): Promise<GivenOptions> {
  // A command without a target has no settings, either.
  if (!Object.hasOwn(command.options, 'settings')) return given;
  const problems = new Problems(command.name);
  const profile = given.text('profile') || undefined;
  const path = given.text('settings') || undefined;
  const named = path === undefined ? null : await readSettingsFile(path, '--settings', read, known, problems);
  const place = given.flag('no-settings') ? undefined : defaultPlace(variables);
  const usual = place === undefined ? null : await readSettingsFile(place, place, read, known, problems);
  for (const name of NEVER_BY_DEFAULT.filter((each) => usual?.settings.has(each)))
    problems.add(`${place}: ${name} must not be set for every run; put it into a profile`);
  const chosen =
    profile === undefined ? undefined : profileOf(profile, path ?? place, named ?? usual, known, problems);

  const typed = parseTarget(given.text('target') ?? '');
  const inTyped = typed.kind === 'vsphere' ? typed : {user: undefined, password: undefined};
  // Credentials in a typed URL are typed, too.
  const first: FileSettings = new Map(
    [...(named?.settings ?? []), ...(chosen ?? [])].filter(
      ([name]) =>
        !(name === 'user' && inTyped.user !== undefined) &&
        !(name === 'password-file' && inTyped.password !== undefined),
    ),
  );
  const typedOrNamed = (name: string) => given.names.includes(name) || first.has(name);
  const textOf = (name: string) => (given.names.includes(name) ? given.text(name) : lastOf(first.get(name)));
  const last = besideOthers(usual?.settings ?? new Map(), typedOrNamed, textOf, readEnvironment(variables));
  // One file serves all commands; each takes what it knows.
  const setting = (name: string) =>
    Object.hasOwn(command.options, name) ? (first.get(name) ?? last.get(name)) : undefined;
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
    settings: [
      ...(path === undefined ? [] : [{path, profile: profile ?? null}]),
      ...(usual === null || place === undefined
        ? []
        : [{path: place, profile: path === undefined ? (profile ?? null) : null}]),
    ],
  };
}

/** What every run would do without being told to is for a person to say each time. */
const NEVER_BY_DEFAULT = ['yes', 'name', 'id'];

/** Where the file lies that is read without being named. */
export function defaultPlace(variables: Surroundings['variables']): string | undefined {
  const folder = xdgFolder('XDG_CONFIG_HOME', variables);
  return folder === undefined ? undefined : join(folder, 'config.yaml');
}

/** How to reach a target: these settings of the default file belong together. */
const CONNECTION = ['target', 'user', 'password-file', 'thumbprint', 'ca', 'insecure'];

/**
 * The settings of the default file that neither an option, nor a named file, nor the environment gives. Credentials and
 * trust that it has for its own target are never used for another one.
 */
function besideOthers(
  usual: FileSettings,
  has: (name: string) => boolean,
  textOf: (name: string) => string | undefined,
  {vicMachine, govc}: Environment,
): FileSettings {
  const url = textOf('target') ?? vicMachine.target ?? govc.url;
  const elsewhere = url !== undefined || has('from-dump');
  const target = parseTarget(url ?? '');
  const inUrl = target.kind === 'vsphere' ? target : {user: undefined, password: undefined};
  const user = has('user') || [inUrl.user, vicMachine.user, govc.username].some((each) => each !== undefined);
  const pinned =
    has('thumbprint') || has('ca') || vicMachine.thumbprint !== undefined || govc.caCerts.length > 0;
  const others = usual.has('target') && elsewhere;
  const given: Readonly<Record<string, boolean>> = {
    target: elsewhere,
    user,
    'password-file':
      has('password') ||
      [inUrl.password, vicMachine.password, govc.password].some((each) => each !== undefined) ||
      (user && usual.has('user')),
    thumbprint: pinned,
    ca: pinned,
    insecure: pinned,
    quiet: has('debug'),
    debug: has('quiet'),
  };
  return new Map(
    [...usual].filter(
      ([name]) => !has(name) && given[name] !== true && !(others && CONNECTION.includes(name)),
    ),
  );
}

function lastOf(value: readonly string[] | boolean | undefined): string | undefined {
  return typeof value === 'object' ? value.at(-1) : undefined;
}

/** The settings of a file by option: texts as written, `true` and `false` for flags. */
type FileSettings = ReadonlyMap<string, readonly string[] | boolean>;

interface SettingsFile {
  readonly settings: FileSettings;
  /** As written: only the profile that is chosen is checked. */
  readonly profiles: ReadonlyMap<string, unknown>;
}

/** Reads a settings file; `null` if the default one is not there. Throws if it is unusable. */
async function readSettingsFile(
  path: string,
  word: string,
  read: ReadText,
  known: OptionSet,
  problems: Problems,
): Promise<SettingsFile | null> {
  const file = read(path);
  const isDefault = word === path;
  if (file.status === 'missing' && isDefault) return null;
  const parsed = file.status === 'read' ? await parseFile(file.text, word, known, problems) : null;
  if (parsed !== null) return parsed;
  if (file.status !== 'read')
    problems.add(`${isDefault ? '' : `${word}: `}${path} cannot be read (${whyUnread(file)})`);
  if (isDefault) problems.add('--no-settings does without that file');
  // Otherwise everything that the file should contain would be reported as missing, too.
  problems.throwIfAny();
  return null;
}

/** The settings of a profile, or none if the file has no such profile. */
function profileOf(
  name: string,
  path: string | undefined,
  file: SettingsFile | null,
  known: OptionSet,
  problems: Problems,
): FileSettings | undefined {
  if (file === null) {
    problems.add(
      path === undefined
        ? `--profile ${name}: no settings file is read; name one with --settings`
        : `--profile ${name}: there is no ${path}; write profiles into it, or name another file with --settings`,
    );
    return undefined;
  }
  const content = file.profiles.get(name);
  if (content !== undefined) return settingsIn(content, `profile ${name}`, known, problems);
  const names = [...file.profiles.keys()];
  problems.add(
    `--profile: ${path} has no profile ${name}${names.length === 0 ? '' : `, only ${names.join(', ')}`}`,
  );
  return undefined;
}

/** Reads a YAML map from the names of options to their values, and of profiles to such maps. `null` if it is none. */
async function parseFile(
  text: string,
  word: string,
  known: OptionSet,
  problems: Problems,
): Promise<SettingsFile | null> {
  const [{visit}, {parseYaml}] = await Promise.all([import('yaml'), import('../yaml-document.js')]);
  // Every value stays the text that was written: a change id of 007, a deadline of 04:30.
  const document = parseYaml(text, {schema: 'failsafe'});
  // After the first mistake the parser finds many more.
  const [error] = document.errors;
  if (error !== undefined) {
    const what = error.code === 'RESOURCE_EXHAUSTION' ? error.message : `not YAML (${error.code})`;
    problems.add(`${word}: line ${error.linePos?.[0].line ?? '?'} is ${what}`);
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
      `${word}: YAML aliases (*name) are not supported; write the value where it is needed, in quotation marks if it begins with *`,
    );
    return null;
  }
  const content: unknown = document.toJS();
  const {profiles, ...own} = isMap(content) ? content : {profiles: undefined};
  // An empty file is an empty map.
  const settings = settingsIn(isMap(content) ? own : content, word, known, problems);
  if (settings === undefined) return null;
  if (profiles !== undefined && !isMap(profiles))
    problems.add(`${word}: profiles must be a map from names to settings`);
  return {settings, profiles: new Map(Object.entries(isMap(profiles) ? profiles : {}))};
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The settings in a map; `undefined` if it is none. */
function settingsIn(
  content: unknown,
  word: string,
  known: OptionSet,
  problems: Problems,
): FileSettings | undefined {
  if (content === '' || content === null) return new Map();
  if (!isMap(content)) {
    problems.add(`${word} must contain a map: one option a line, such as target: vc.example`);
    return undefined;
  }
  const settings = new Map<string, readonly string[] | boolean>();
  for (const [key, value] of Object.entries(content)) {
    const option = Object.hasOwn(known, key) ? known[key] : undefined;
    const read = option === undefined ? unknownKey(key, known) : readSetting(key, option, value);
    if (typeof read === 'string') problems.add(`${word}: ${read}`);
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
  if (['settings', 'profile', 'no-settings'].includes(name)) return `${name} cannot name another file`;
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
