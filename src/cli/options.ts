import {parseDuration} from '../duration.js';
import type {Format} from '../report/format.js';
import {FORMATS} from '../report/formats.js';
import {flag, type Option, parsed, text, texts, wholeNumber, withDefault} from './option.js';

const LONGEST_TIME = 24 * 3_600_000;

/** An option that is a duration, in milliseconds. */
export function duration(option: Option<string | undefined>): Option<number | undefined> {
  return parsed(option, 'a duration up to 24h, such as 90s, 10m or 1h30m', (value) => {
    const time = parseDuration(value);
    return time !== undefined && time > 0 && time <= LONGEST_TIME ? time : undefined;
  });
}

/** Where to connect to, and as whom. */
export const targetOptions = {
  target: text(
    'Target:',
    'The vCenter or ESXi: host, https://host:port/sdk, user@host/datacenter; or sim:FIXTURE, dump:FILE',
    {alias: 't', repeat: true, value: 'URL', values: ['sim:', 'dump:'], documents: ['fixture']},
  ),
  user: text('Target:', 'vSphere user', {alias: 'u', repeat: true, value: 'USER'}),
  password: text('Target:', 'Password (others on this machine can see it)', {alias: 'p', value: 'PASSWORD'}),
  'password-file': text('Target:', 'File that holds the password', {repeat: true, value: 'FILE'}),
  thumbprint: text('Target:', "SHA-1 or SHA-256 of the server's certificate", {repeat: true, value: 'HEX'}),
  ca: text('Target:', 'File with CA certificates to trust (PEM)', {repeat: true, value: 'FILE'}),
  insecure: flag('Target:', 'Trust any certificate', {alias: 'k', repeat: true}),
  'retry-for': duration(
    text(
      'Target:',
      'How long to wait for a vCenter that stops answering, such as 30s (default 2m; at least 15m while an appliance is down)',
      {repeat: true, value: 'DURATION'},
    ),
  ),
  settings: text(
    'Target:',
    'YAML file with options, such as target: vc.example; those on the command line beat it',
    {repeat: true, value: 'FILE'},
  ),
  profile: text(
    'Target:',
    'The settings of that name, from profiles in the settings file (default ~/.config/vch-migrate/config.yaml)',
    {repeat: true, value: 'NAME'},
  ),
  'no-settings': flag('Target:', 'Do not read the default settings file', {repeat: true}),
};

/** Which VCH. A suggested command names the one that was found. */
export const vchOptions = {
  name: text('VCH:', 'VCH by the name of its VM or its own name', {alias: 'n', value: 'NAME'}),
  id: text('VCH:', 'VCH by the managed object id of its VM, such as vm-12', {value: 'MOREF'}),
  'compute-resource': text('VCH:', 'Cluster, host, resource pool or vApp the VCH lies in', {
    alias: 'r',
    repeat: true,
    value: 'POOL',
  }),
};

/** It is kept in the ledger, which has 4 KiB for everything. */
const LONGEST_CHANGE_ID = 200;
export const DEFAULT_PARALLELISM = 8;
const MOST_PARALLELISM = 32;

/** The options of every run over a VCH. */
export const runOptions = {
  plugins: texts('Run:', 'Plugins of your own: every .js and .mjs file in this directory (repeatable)', {
    repeat: true,
    value: 'DIR',
  }),
  parallelism: withDefault(
    wholeNumber(
      text('Run:', `Writes in flight, 1 to ${MOST_PARALLELISM} (default ${DEFAULT_PARALLELISM})`, {
        repeat: true,
        value: 'N',
      }),
      1,
      MOST_PARALLELISM,
    ),
    DEFAULT_PARALLELISM,
  ),
  expect: wholeNumber(
    text('Run:', 'Stop before writing unless there are exactly N containerVMs', {repeat: true, value: 'N'}),
    0,
  ),
  'change-id': parsed(
    text('Run:', 'Number of your change request, kept in ledger and report', {repeat: true, value: 'TEXT'}),
    `at most ${LONGEST_CHANGE_ID} characters, none of them a control character`,
    (value) => (value.length > LONGEST_CHANGE_ID || /\p{Cc}/u.test(value) ? undefined : value),
  ),
  doctor: text(
    'Run:',
    'FILE that doctor wrote for this server (default: its last result here): refuses what does not hold there',
    {repeat: true},
  ),
  yes: flag('Run:', 'Do not ask before writing', {alias: 'y'}),
};

/** Local files of an upgrade, with vic-machine's short names. */
export const isoOptions = {
  'appliance-iso': text(
    'Command:',
    'The appliance boots from it (default appliance.iso, if both are in the current folder)',
    {alias: 'ai', repeat: true, value: 'FILE'},
  ),
  'bootstrap-iso': text(
    'Command:',
    'New containers boot from it (default bootstrap.iso); existing ones keep theirs',
    {alias: 'bi', repeat: true, value: 'FILE'},
  ),
};

export const dataOnly = flag(
  'Command:',
  'Change the data alone, without ISO files: for a VCH that boots the new version already',
  {repeat: true},
);

/** In milliseconds. */
export const DEFAULT_TIMEOUT = 10 * 60_000;

export const timeout = withDefault(
  duration(
    text(
      'Command:',
      'How long the appliance may take to be ready after power-on, such as 90s (default 10m)',
      {repeat: true, value: 'DURATION'},
    ),
  ),
  DEFAULT_TIMEOUT,
);

/** The options of the commands that carry out, continue or revert an upgrade. */
export const vchRunOptions = {
  timeout,
  journal: text('Command:', 'Write every side effect, in order, to a file in this directory', {
    repeat: true,
    value: 'DIR',
  }),
};

/** The checks that can be skipped: each by itself, or together by vic-machine's --force. */
export const versionSwitches = {
  'skip-version-check': flag('Command:', "Go on although the ISO's build is not newer than the VCH's", {
    repeat: true,
  }),
  'skip-iso-check': flag('Command:', 'Go on although the two ISOs are of different versions', {repeat: true}),
  force: flag('Command:', 'Both of these, as vic-machine has it; it trusts no certificate', {
    alias: 'f',
    repeat: true,
  }),
};

export const lockId = text('Command:', 'Only the lock with this ID, as status shows it', {value: 'ID'});

/** Where the log goes. */
export const logOptions = {
  'log-file': text('Output:', 'Append the log to this file, as JSON lines', {value: 'FILE'}),
  'no-log-file': flag('Output:', 'Keep no log file in $XDG_STATE_HOME/vch-migrate'),
  debug: flag('Output:', 'Log everything but secrets to stderr', {alias: 'v'}),
  quiet: flag('Output:', 'Log errors only', {alias: 'q'}),
  'no-color': flag('Output:', 'No colours (also: NO_COLOR)'),
};

/** The options for a result that can have these forms. */
export function resultOptions(formats: readonly Format[]) {
  const names = formats.map(({name}) => name);
  const endings = formats.map(({ending}) => ending);
  return {
    format: text('Output:', `Form of the result on stdout: ${oneOf(names)} (default text)`, {
      alias: 'o',
      value: 'FORMAT',
      values: names,
    }),
    report: texts(
      'Output:',
      `Write the result to this file, too, in the form of its ending: ${endings.join(' ')} (repeatable)`,
      {value: 'FILE'},
    ),
  };
}

/** Where the result goes, in any form. */
export const outputOptions = {
  ...resultOptions(FORMATS),
  details: flag('Output:', 'Show everything as text: each VM, check and finding, and the way back by hand'),
  ...logOptions,
};

/** `text or json`. */
export function oneOf(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
