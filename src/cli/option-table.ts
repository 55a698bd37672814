export type OptionGroup = 'Target:' | 'VCH:' | 'Run:' | 'Output:' | 'Command:';

/** One option as the help shows it. `text` takes one value, the last one given; `texts` is given once for each. */
export interface OptionDefinition {
  readonly kind: 'text' | 'texts' | 'flag';
  readonly alias?: string;
  readonly group: OptionGroup;
  readonly describe: string;
}

/** Every option of every command; which command takes which stands with the command. */
export const OPTIONS = {
  target: {
    kind: 'text',
    alias: 't',
    group: 'Target:',
    describe: 'URL of the vCenter or ESXi: host, https://host:port/sdk, user@host/datacenter; or sim:FIXTURE',
  },
  user: {kind: 'text', alias: 'u', group: 'Target:', describe: 'vSphere user'},
  password: {
    kind: 'text',
    alias: 'p',
    group: 'Target:',
    describe: 'Password (others on this machine can see it)',
  },
  'password-file': {kind: 'text', group: 'Target:', describe: 'FILE that holds the password'},
  thumbprint: {kind: 'text', group: 'Target:', describe: "SHA-1 or SHA-256 of the server's certificate"},
  ca: {kind: 'text', group: 'Target:', describe: 'FILE with CA certificates to trust (PEM)'},
  insecure: {kind: 'flag', alias: 'k', group: 'Target:', describe: 'Trust any certificate'},
  settings: {
    kind: 'text',
    group: 'Target:',
    describe: 'FILE (YAML) with options, such as target: vc.example; those on the command line beat it',
  },
  name: {kind: 'text', alias: 'n', group: 'VCH:', describe: 'VCH by the name of its VM or its own name'},
  id: {kind: 'text', group: 'VCH:', describe: 'VCH by the managed object id of its VM, such as vm-12'},
  'compute-resource': {
    kind: 'text',
    alias: 'r',
    group: 'VCH:',
    describe: 'Cluster, host, resource pool or vApp the VCH lies in',
  },
  plugins: {
    kind: 'texts',
    group: 'Run:',
    describe: 'DIR with plugins of others: every .js and .mjs file in it is one (repeatable)',
  },
  parallelism: {kind: 'text', group: 'Run:', describe: 'Writes in flight, 1 to 32 (default 8)'},
  expect: {
    kind: 'text',
    group: 'Run:',
    describe: 'Stop before writing unless there are exactly N containerVMs',
  },
  'change-id': {
    kind: 'text',
    group: 'Run:',
    describe: 'Number of your change request, kept in ledger and report',
  },
  yes: {kind: 'flag', alias: 'y', group: 'Run:', describe: 'Do not ask before writing'},
  only: {
    kind: 'texts',
    group: 'Run:',
    describe: 'Only VMs with name=GLOB, id=ID, power=on|off, data=N-M or status=STATUS (repeatable)',
  },
  except: {kind: 'texts', group: 'Run:', describe: 'All but VMs with such a property (repeatable)'},
  'from-report': {
    kind: 'text',
    group: 'Run:',
    describe: 'With --only unresolved: what the JSON report FILE of a run left undone',
  },
  canary: {kind: 'text', group: 'Run:', describe: 'Write and verify N VMs first, then go on'},
  'max-errors': {
    kind: 'text',
    group: 'Run:',
    describe: 'Start nothing more when over N or P% of the VMs went wrong, or the first five alike',
  },
  deadline: {kind: 'text', group: 'Run:', describe: 'Start nothing after this time of day, HH:MM'},
  out: {kind: 'text', group: 'Command:', describe: 'FILE to save the plan to, for apply FILE'},
  'detailed-exitcode': {kind: 'flag', group: 'Command:', describe: 'Exit 2 if changes are pending'},
  'appliance-iso': {
    kind: 'text',
    group: 'Command:',
    describe:
      'FILE that the appliance is to boot from; without it, it keeps its ISO and only its data change',
  },
  'bootstrap-iso': {
    kind: 'text',
    group: 'Command:',
    describe: 'FILE that new containers are to boot from; those that are there keep theirs',
  },
  timeout: {
    kind: 'text',
    group: 'Command:',
    describe: 'How long the appliance may take to be ready after power-on, such as 90s (default 10m)',
  },
  'skip-version-check': {
    kind: 'flag',
    group: 'Command:',
    describe: "Go on although the ISO's build is not newer than the VCH's",
  },
  'skip-iso-check': {
    kind: 'flag',
    group: 'Command:',
    describe: 'Go on although the two ISOs are of different versions',
  },
  'dry-run': {kind: 'flag', group: 'Command:', describe: 'Check and plan everything; write nothing'},
  journal: {kind: 'text', group: 'Command:', describe: 'DIR for a file with every side effect, in order'},
  rollback: {kind: 'flag', group: 'Command:', describe: 'The same as vch-migrate rollback'},
  resume: {kind: 'flag', group: 'Command:', describe: 'The same as vch-migrate resume'},
  'reset-progress': {kind: 'flag', group: 'Command:', describe: 'The same as vch-migrate unlock'},
  'lock-id': {kind: 'text', group: 'Command:', describe: 'Only the lock with this ID, as status shows it'},
  run: {kind: 'text', group: 'Command:', describe: 'Undo only what the run with this id wrote'},
  to: {kind: 'text', group: 'Command:', describe: 'Undo the plugins above this VERSION, and keep it'},
  listen: {
    kind: 'text',
    group: 'Command:',
    describe: 'HOST:PORT to serve on (default 127.0.0.1 and any free port)',
  },
  format: {
    kind: 'text',
    group: 'Output:',
    describe: 'text, json, ndjson, markdown, html, junit or csv, on stdout (default text)',
  },
  report: {
    kind: 'texts',
    group: 'Output:',
    describe:
      'FILE for the report besides, in the form of its ending: .txt .json .ndjson .md .html .xml .csv (repeatable)',
  },
  'log-file': {kind: 'text', group: 'Output:', describe: 'FILE to append the log to, as JSON lines'},
  debug: {kind: 'flag', alias: 'v', group: 'Output:', describe: 'Log everything but secrets to stderr'},
  quiet: {kind: 'flag', alias: 'q', group: 'Output:', describe: 'Log errors only'},
  'no-color': {kind: 'flag', group: 'Output:', describe: 'No colours (also: NO_COLOR)'},
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof OPTIONS;

/** Tells the name of an option from any other word. */
export function isOptionName(word: string): word is OptionName {
  return Object.hasOwn(OPTIONS, word);
}

export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTIONS).filter(isOptionName);

export const TARGET_OPTIONS: readonly OptionName[] = [
  'target',
  'user',
  'password',
  'password-file',
  'thumbprint',
  'ca',
  'insecure',
  'settings',
];
export const VCH_OPTIONS: readonly OptionName[] = ['name', 'id', 'compute-resource'];
export const LOG_OPTIONS: readonly OptionName[] = ['log-file', 'debug', 'quiet', 'no-color'];
export const OUTPUT_OPTIONS: readonly OptionName[] = ['format', 'report', ...LOG_OPTIONS];
/** Local files of an upgrade. */
export const ISO_OPTIONS: readonly OptionName[] = ['appliance-iso', 'bootstrap-iso'];
/** What vic-machine lumps together in its --force. */
export const VERSION_SWITCHES: readonly OptionName[] = ['skip-version-check', 'skip-iso-check'];
/** Of the commands that go on with an upgrade, or take it back. */
export const VCH_RUN_OPTIONS: readonly OptionName[] = ['timeout', 'journal'];
/** Which VMs a run is for. */
export const SELECT_OPTIONS: readonly OptionName[] = ['only', 'except', 'from-report'];
/** How a run that writes is held back. */
export const STAGING_OPTIONS: readonly OptionName[] = ['canary', 'max-errors', 'deadline'];
export const RUN_OPTIONS: readonly OptionName[] = ['plugins', 'parallelism', 'expect', 'change-id', 'yes'];

/** The options of a command line as they were typed: nothing checked, nothing filled in. */
export interface GivenOptions {
  /** The value, the last one where there are several. */
  text(name: OptionName): string | undefined;
  /** Every value, in order. */
  texts(name: OptionName): readonly string[];
  flag(name: OptionName): boolean;
  /** Names of the options that stand on the command line. */
  readonly names: readonly OptionName[];
  /** What is wrong with the file that some of them stand in; told with all the rest. */
  readonly problems?: readonly string[];
}
