import {delimiter} from 'node:path';
import {type ReadText, whyUnread} from '../text-file.js';
import type {GivenOptions, Problems} from './option.js';
import {parseProxy} from './proxy.js';
import {decode, parseTarget} from './target.js';

/** The environment variables of the process, as given. */
type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of vic-machine, and those of govc, which they override. An empty variable counts as absent. */
export type Environment = ReturnType<typeof readEnvironment>;

/** Reads the variables that vic-machine and govc know. */
export function readEnvironment(variables: Variables) {
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
      // The value itself, or the path of a file with it.
      username: read('GOVC_USERNAME'),
      password: read('GOVC_PASSWORD'),
      insecure: ['1', 't', 'true'].includes((read('GOVC_INSECURE') ?? '').toLowerCase()),
      caCerts: list('GOVC_TLS_CA_CERTS'),
      knownHosts: list('GOVC_TLS_KNOWN_HOSTS'),
    },
    proxy: {
      https: read('HTTPS_PROXY') ?? read('https_proxy'),
      none: read('NO_PROXY') ?? read('no_proxy'),
    },
  };
}

/** Where a target was named. The credentials in its URL count as much as those of the same source. */
type Source = 'dump' | 'option' | 'vic-machine' | 'govc';

/**
 * Target, user and password: an option overrides vic-machine's variables, and those override govc's. Credentials in a
 * URL count only if that URL is the target: they are never sent to another host. A password that nobody gave is
 * `undefined`.
 */
export function readAccess(given: GivenOptions, env: Environment, read: ReadText, problems: Problems) {
  // Not repeated: what looks like a URL may contain a password.
  if (/^[a-z]+:\/\//i.test(given.text('user') ?? ''))
    problems.add('--user is a URL, as -u is in govc; here the URL is --target (-t), and -u the user');
  const {source, word, target} = chooseTarget(given, env, problems);
  const password = optionPassword(given, read, problems);
  if (target?.kind !== 'vsphere') {
    // The variables mean a real vCenter; the simulator has its own user, unless an option names another.
    const warnings = visible(given.text('password') !== undefined);
    return {target, word, user: given.text('user'), password, warnings};
  }
  const inUrl = (of: Source, what: 'user' | 'password') => (of === source ? target[what] : undefined);
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
    /** The option or variable that named it. */
    word,
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

function chooseTarget(given: GivenOptions, env: Environment, problems: Problems) {
  const dump = given.text('from-dump');
  if (dump !== undefined && given.names.includes('target'))
    problems.add('--from-dump and --target exclude each other: a plan of a dump needs no vCenter');
  const named: readonly (readonly [Source, string, string | undefined])[] = [
    ['dump', '--from-dump', dump && `dump:${dump}`],
    ['option', '--target', given.text('target')],
    ['vic-machine', 'VIC_MACHINE_TARGET', env.vicMachine.target],
    ['govc', 'GOVC_URL', env.govc.url],
  ];
  const [source, word, text] = named.find(([, , url]) => url !== undefined) ?? [];
  if (text === undefined) {
    problems.add('--target is missing: name the vCenter, in GOVC_URL or VIC_MACHINE_TARGET if you like');
    return {};
  }
  const target = parseTarget(text);
  if (target.kind !== 'invalid') return {source, word, target};
  problems.add(`${word} ${target.problem}`);
  return {};
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
  // Editors end the last line; blanks may belong to the password.
  const text = file.text.replace(/\r?\n$/, '');
  if (text === '') problems.add('--password-file is empty');
  if (text.includes('\0')) problems.add('--password-file is not a text; save it as UTF-8');
  return text === '' ? undefined : text;
}

/** govc accepts the path of a file instead of the value. Blanks at both ends of the file do not count. */
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

/** Every password in the options and the environment, used or not: none of them may be shown. */
export function plantedSecrets(given: GivenOptions, env: Environment, read: ReadText): readonly string[] {
  const urls = [given.text('target'), env.vicMachine.target, env.govc.url];
  const inUrls = urls.map((text) => {
    const target = parseTarget(text ?? '');
    return target.kind === 'vsphere' ? target.password : undefined;
  });
  const files = [given.text('password-file'), env.govc.password].map((path) => {
    const file = path === undefined ? undefined : read(path);
    return file?.status === 'read' ? file.text.trim() : undefined;
  });
  const proxy = env.proxy.https === undefined ? undefined : parseProxy(env.proxy.https);
  const plain = [
    proxy && decode(proxy.password),
    given.text('password'),
    env.vicMachine.password,
    env.govc.password,
  ];
  return [...plain, ...inUrls, ...files].filter((secret) => secret !== undefined);
}
