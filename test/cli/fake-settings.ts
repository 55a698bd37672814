import {problemsOf as problemsIn, readValues, type Values} from '../../src/cli/option.js';
import {runOptions} from '../../src/cli/options.js';
import {readSettings, type Settings} from '../../src/cli/settings.js';
import {VchError} from '../../src/errors.js';
import type {ReadText} from '../../src/text-file.js';
import {given} from './given-options.js';

export const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const FILES: Readonly<Record<string, string>> = {
  '/secrets/pw': ' from file \n',
  '/secrets/govc-user': 'govc-file-user\n',
  '/secrets/govc-pw': 'govc-file-pw\n',
  '/ca/a.pem': `${PEM}a`,
  '/ca/b.pem': `${PEM}b`,
  '/ca/none.pem': 'nothing',
  '/known': 'vc.example AA:BB\n',
  'fixtures/x.json': '{}',
};
const readFake: ReadText = (path) => {
  const text = FILES[path];
  return text === undefined ? {status: 'missing'} : {status: 'read', text};
};

/** A command line and its surroundings. */
export interface Given {
  readonly options?: Partial<Readonly<Record<string, string | true>>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly interactive?: boolean;
  readonly writes?: boolean;
}

/** Reads settings over fake files, and what every run takes. */
export function read({
  options = {},
  variables = {},
  interactive = true,
  writes = false,
}: Given): Settings & {readonly run: Values<typeof runOptions>} {
  const typed = given(options);
  const problems = problemsIn(typed, 'plan');
  const run = readValues(runOptions, typed, problems);
  const settings = readSettings(typed, problems, {
    command: 'plan',
    terminal: {variables, interactive},
    needsVch: writes,
    files: [typed.text('out')],
    read: readFake,
  });
  return {...settings, run};
}

/** What is wrong with them, as a user is told. */
export function problemsOf(from: Given): string {
  try {
    read(from);
  } catch (error) {
    if (error instanceof VchError && error.code === 'VCH_ERR_USAGE') return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}

export const govc = {GOVC_URL: 'https://govc.example', GOVC_USERNAME: 'govc-user', GOVC_PASSWORD: 'govc-pw'};
export const vic = {
  VIC_MACHINE_TARGET: 'vic.example',
  VIC_MACHINE_USER: 'vic-user',
  VIC_MACHINE_PASSWORD: 'vic-pw',
};
export const option = {target: 'opt.example', user: 'opt-user', password: 'opt-pw'} as const;
