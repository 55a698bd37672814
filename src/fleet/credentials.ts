import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {systemCode, VchError} from '../errors.js';
import {fields, parseJson, record, text} from '../json-shape.js';
import {readTextFile, requiredText, whyUnread} from '../text-file.js';
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
export type FindLogin = (name: string) => Promise<Login | null>;

/** Reads logins from the file, else from the environment, else from the program. */
export function credentials({file, program, variables}: CredentialSources): FindLogin {
  const known = file === undefined ? {} : readLogins(file, variables.CREDENTIALS_DIRECTORY);
  return async (name) => {
    const inFile = Object.hasOwn(known, name) ? known[name] : undefined;
    if (inFile !== undefined) return inFile;
    const variable = `VCH_MIGRATE_CRED_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
    const [user, password] = [variables[`${variable}_USER`], variables[`${variable}_PASSWORD`]];
    if (user && password) return {user, password};
    return program === undefined ? null : ask(program, name);
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

async function ask(program: string, name: string): Promise<Login | null> {
  const refuse = (why: string) =>
    new VchError('VCH_ERR_USAGE', `--credentials-program ${program} gave no login for ${name}: ${why}`);
  let printed: string;
  try {
    ({stdout: printed} = await promisify(execFile)(program, [name], {timeout: 30_000, encoding: 'utf8'}));
  } catch (error) {
    // By convention: it knows no such name.
    if (error instanceof Error && 'code' in error && error.code === 1) return null;
    throw refuse(`it ended with ${systemCode(error)}`);
  }
  const {value, fault} = parseJson(printed, login);
  if (value === null) throw refuse(fault);
  return value;
}
