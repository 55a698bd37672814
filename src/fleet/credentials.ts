import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {systemCode, VchError} from '../errors.js';
import {fields, parseJson, record, text} from '../json-shape.js';
import {readTextFile, requiredText, whyUnread} from '../text-file.js';
import {loginVariable} from './inventory.js';
import {parseYamlValue} from './yaml-shape.js';

const login = fields({user: text, password: text});

/** User and password for a vCenter. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface CredentialSources {
  /** YAML or JSON, `name: {user: …, password: …}`, readable by its owner only. */
  readonly file: string | undefined;
  /** A program that is called with the name, and prints `{"user": …, "password": …}`. */
  readonly program: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Finds logins by name, here and nowhere else; `null` if there is none of that name. */
export type FindLogin = (name: string, signal?: AbortSignal) => Promise<Login | null>;

/** Reads logins from the file, else from the environment, else from the program. */
export function credentials({file, program, variables}: CredentialSources): FindLogin {
  const known = file === undefined ? {} : readLogins(file, variables.CREDENTIALS_DIRECTORY);
  return async (name, signal) => {
    const inFile = Object.hasOwn(known, name) ? known[name] : undefined;
    if (inFile !== undefined) return inFile;
    const variable = loginVariable(name);
    const [user, password] = [variables[`${variable}_USER`], variables[`${variable}_PASSWORD`]];
    if (user && password) return {user, password};
    return program === undefined ? null : ask(program, name, signal);
  };
}

/** systemd gives its own folder of credentials to a service alone, and the files in it to a group. */
function readLogins(path: string, guarded: string | undefined): Readonly<Record<string, Login>> {
  const refuse = (why: string) => new VchError('VCH_ERR_USAGE', `--credentials-file: ${path} ${why}`);
  const content = requiredText(path, (why) => refuse(`cannot be read (${why})`));
  const file = readTextFile(path);
  if (file.status !== 'read') throw refuse(`cannot be read (${whyUnread(file)})`);
  const isGuarded = guarded !== undefined && guarded !== '' && path.startsWith(`${guarded}/`);
  if (file.shared === true && !isGuarded)
    throw refuse('can be read by others on this machine; run chmod 600 on it');
  // Neither the parser's message nor the text: both may hold a password.
  const {value, fault} = parseYamlValue(content, record(login));
  if (value === null) throw refuse(`is not a map of names to user and password: ${fault}`);
  return value;
}

/** Milliseconds that a program may take. */
const LONGEST = 30_000;
const MOST_OUTPUT = 100_000;

async function ask(program: string, name: string, signal?: AbortSignal): Promise<Login | null> {
  const refuse = (why: string) =>
    new VchError('VCH_ERR_USAGE', `--credentials-program ${program} gave no login for ${name}: ${why}`);
  const {code, printed} = await run(program, name, signal).catch((error: unknown) => {
    throw refuse(`it ended with ${systemCode(error)}`);
  });
  // By convention: it knows no such name.
  if (code === 1) return null;
  if (code !== 0) throw refuse(typeof code === 'number' ? `it ended with ${code}` : code);
  const {value, fault} = parseJson(printed, login);
  if (value === null) throw refuse(fault);
  return value;
}

/** Runs a program, with whatever it starts. All of that ends with it, at the signal, or when its time is up. */
async function run(program: string, name: string, signal: AbortSignal | undefined) {
  const child = spawn(program, [name], {stdio: ['ignore', 'pipe', 'ignore'], detached: true});
  let printed = '';
  let why = '';
  const end = (because: string) => {
    why ||= because;
    // What a program has started keeps its output open.
    child.stdout.destroy();
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const stop = () => end('it was stopped');
  const timer = setTimeout(end, LONGEST, `it took more than ${LONGEST / 1000} s`);
  signal?.addEventListener('abort', stop, {once: true});
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
    if (printed.length > MOST_OUTPUT) end('it prints too much');
  });
  try {
    if (signal?.aborted) stop();
    const [code, killedBy]: unknown[] = await once(child, 'close');
    return {code: why || (typeof code === 'number' ? code : `it was ended by ${String(killedBy)}`), printed};
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
}
