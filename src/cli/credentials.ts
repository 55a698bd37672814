import {delimiter} from 'node:path';
import {type ReadText, whyUnread} from '../text-file.js';
import type {GivenOptions, Problems} from './option.js';
import {type ParsedTarget, parseTarget, type Target} from './target.js';

/** The environment variables of the process, as given. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the environment says: vic-machine's words, and govc's, which they beat. An empty variable is an absent one. */
export interface Environment {
  readonly vicMachine: {
    readonly target: string | undefined;
    readonly user: string | undefined;
    readonly password: string | undefined;
    readonly thumbprint: string | undefined;
  };
  readonly govc: {
    readonly url: string | undefined;
    /** The user, or the path of a file that holds it. */
    readonly username: string | undefined;
    /** The password, or the path of a file that holds it. */
    readonly password: string | undefined;
    readonly insecure: boolean;
    readonly caCerts: readonly string[];
    readonly knownHosts: readonly string[];
  };
}

/** Reads the variables that vic-machine and govc know. */
export function readEnvironment(variables: Variables): Environment {
  const read = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  const list = (name: string) => (read(name) ?? '').split(delimiter).filter((path) => path !== '');
  return {
    vicMachine: {
      target: read('VIC_MACHINE_TARGET'),
      user: read('VIC_MACHINE_USER'),
      password: read('VIC_MACHINE_PASSWORD'),
      thumbprint: read('VIC_MACHINE_THUMBPRINT'),
    },
    govc: {
      url: read('GOVC_URL'),
      username: read('GOVC_USERNAME'),
      password: read('GOVC_PASSWORD'),
      insecure: ['1', 't', 'true'].includes((read('GOVC_INSECURE') ?? '').toLowerCase()),
      caCerts: list('GOVC_TLS_CA_CERTS'),
      knownHosts: list('GOVC_TLS_KNOWN_HOSTS'),
    },
  };
}

/** Where a target was named: what stands in its URL counts as much as what stands beside it. */
type Source = 'option' | 'vic-machine' | 'govc';

export interface Access {
  readonly target: Target | undefined;
  readonly user: string | undefined;
  /** `undefined`: nobody said it; it is asked for. */
  readonly password: string | undefined;
  /** What others on this machine can see of it. */
  readonly warnings: readonly string[];
}

/**
 * Target, user and password: an option beats vic-machine's variables, and those beat govc's. Credentials in a
 * URL count only if that URL is the target: they are never sent to another host.
 */
export function readAccess(
  given: GivenOptions,
  env: Environment,
  read: ReadText,
  problems: Problems,
): Access {
  // Not repeated: what looks like a URL may hold a password.
  if (/^[a-z]+:\/\//i.test(given.text('user') ?? ''))
    problems.add('--user is a URL, as -u is in govc; here the URL is --target (-t), and -u the user');
  const named = chooseTarget(given, env);
  if (named === undefined) {
    problems.add('--target is missing: name the vCenter, in GOVC_URL or VIC_MACHINE_TARGET if you like');
    return {target: undefined, user: undefined, password: undefined, warnings: []};
  }
  const parsed: ParsedTarget = parseTarget(named.text);
  if (parsed.status === 'invalid') {
    problems.add(`${named.word} ${parsed.problem}`);
    return {target: undefined, user: undefined, password: undefined, warnings: []};
  }
  const {target} = parsed;
  const password = optionPassword(given, read, problems);
  if (target.kind === 'simulator') {
    // The variables mean a real vCenter; the simulator's own user is right unless an option names another.
    return {
      target,
      user: given.text('user'),
      password,
      warnings: visible(given.text('password') !== undefined),
    };
  }
  const inUrl = (source: Source, what: 'user' | 'password') =>
    named.source === source ? target[what] : undefined;
  const user =
    given.text('user') ??
    inUrl('option', 'user') ??
    env.vicMachine.user ??
    inUrl('vic-machine', 'user') ??
    govcSecret(env.govc.username, 'GOVC_USERNAME', read, problems) ??
    inUrl('govc', 'user');
  if (user === undefined)
    problems.add('--user is missing: name the vSphere user, with the option or in the target');
  return {
    target,
    user,
    password:
      password ??
      inUrl('option', 'password') ??
      env.vicMachine.password ??
      inUrl('vic-machine', 'password') ??
      govcSecret(env.govc.password, 'GOVC_PASSWORD', read, problems) ??
      inUrl('govc', 'password'),
    warnings: [
      ...visible(given.text('password') !== undefined || inUrl('option', 'password') !== undefined),
      ...[given.text('password-file'), env.govc.password].flatMap((path) => readableByOthers(path, read)),
    ],
  };
}

function visible(onCommandLine: boolean): readonly string[] {
  return onCommandLine
    ? ['others on this machine can see a password on the command line; use --password-file or GOVC_PASSWORD']
    : [];
}

function readableByOthers(path: string | undefined, read: ReadText): readonly string[] {
  const file = path === undefined ? undefined : read(path);
  return file?.status === 'read' && file.shared === true
    ? ['others on this machine can read the file of the password; chmod 600 keeps them out']
    : [];
}

function chooseTarget(
  given: GivenOptions,
  env: Environment,
): {readonly text: string; readonly source: Source; readonly word: string} | undefined {
  const option = given.text('target');
  if (option !== undefined) return {text: option, source: 'option', word: '--target'};
  const vicMachine = env.vicMachine.target;
  if (vicMachine !== undefined) return {text: vicMachine, source: 'vic-machine', word: 'VIC_MACHINE_TARGET'};
  return env.govc.url === undefined ? undefined : {text: env.govc.url, source: 'govc', word: 'GOVC_URL'};
}

function optionPassword(given: GivenOptions, read: ReadText, problems: Problems): string | undefined {
  const path = given.text('password-file');
  const password = given.text('password');
  if (path === undefined) return password;
  if (password !== undefined) problems.add('--password and --password-file exclude each other');
  const file = read(path);
  if (file.status !== 'read') {
    problems.add(`--password-file cannot be read (${whyUnread(file)})`);
    return undefined;
  }
  // An editor ends the last line; blanks may belong to the password.
  const text = file.text.replace(/\r?\n$/, '');
  if (text === '') problems.add('--password-file is empty');
  if (text.includes('\0')) problems.add('--password-file is no text; save it as UTF-8');
  return text === '' ? undefined : text;
}

/** govc takes the path of a file for the value itself; its blanks at both ends do not count. */
function govcSecret(
  value: string | undefined,
  name: string,
  read: ReadText,
  problems: Problems,
): string | undefined {
  if (value === undefined) return undefined;
  const file = read(value);
  if (file.status === 'read') return file.text.trim();
  if (file.status === 'unreadable' && file.reason === 'EACCES') {
    problems.add(`${name} names a file that cannot be read (EACCES)`);
  }
  return value;
}

/** Every password that is known before anything is decided: what must never be shown, chosen or not. */
export function plantedSecrets(given: GivenOptions, env: Environment, read: ReadText): readonly string[] {
  const urls = [given.text('target'), env.vicMachine.target, env.govc.url];
  const inUrls = urls.map((text) => {
    const parsed = text === undefined ? undefined : parseTarget(text);
    return parsed?.status === 'ok' && parsed.target.kind === 'vsphere' ? parsed.target.password : undefined;
  });
  const files = [given.text('password-file'), env.govc.password].map((path) => {
    const file = path === undefined ? undefined : read(path);
    return file?.status === 'read' ? file.text.trim() : undefined;
  });
  const plain = [given.text('password'), env.vicMachine.password, env.govc.password];
  return [...plain, ...inUrls, ...files].filter((secret) => secret !== undefined);
}
