import {flag, text, texts} from '../../option.js';
import {runOptions, timeout} from '../../options.js';

/** The commands over many VCHs, as the help has them together. */
export const FLEET = {
  name: 'fleet',
  summary: 'Many VCHs on many vCenters: waves, approval, budget, workers',
};

export const inventoryOption = {
  inventory: text('Command:', 'YAML file that names the vCenters, the waves and the budget', {value: 'FILE'}),
};

/** Where the runs are kept. */
export const databaseOptions = {
  database: text(
    'Command:',
    'URL of PostgreSQL, postgres://user@host/database (or VCH_MIGRATE_DATABASE_URL, where a password is not seen by others)',
    {repeat: true},
  ),
  'state-dir': text(
    'Command:',
    'DIR of the embedded database that is used without --database (default ~/.local/state/vch-migrate)',
    {repeat: true},
  ),
};

/** Where a process that works on VCHs finds their logins and ISO files. */
export const workerOptions = {
  'credentials-file': text(
    'Command:',
    'FILE (YAML, readable by you alone) with name: {user: …, password: …}',
  ),
  'credentials-program': text(
    'Command:',
    'PROGRAM that is called with the name of credentials and prints {"user": …, "password": …}',
  ),
  'iso-dir': text('Command:', 'DIR with the ISO files of the plan, where they are not at the same path'),
  vcenter: texts('Command:', 'Only VCHs of the vCenter of that NAME in the inventory (repeatable)', {
    value: 'NAME',
  }),
};

/** What a run is started with. */
export const newRunOptions = {
  ...inventoryOption,
  'change-id': runOptions['change-id'],
  parallelism: runOptions.parallelism,
  timeout,
};

export const reason = text('Command:', 'TEXT for the record: why');
export const yes = runOptions.yes;
export const detach = flag('Command:', 'With --database: start the run and do not follow it');
