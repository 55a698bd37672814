import {Umzug, type UmzugStorage} from 'umzug';
import {VchError} from '../errors.js';
import type {FleetDatabase, Statements} from './database.js';

/** The tables, step by step. A step that a release has made is never changed. */
const MIGRATIONS: readonly (readonly [name: string, sql: string])[] = [
  [
    '0001-runs',
    `
CREATE TABLE vch_fleet.run (
  id text PRIMARY KEY,
  command text NOT NULL,
  state text NOT NULL,
  reason text,
  wave integer NOT NULL DEFAULT -1,
  inventory jsonb NOT NULL,
  release jsonb,
  options jsonb NOT NULL,
  tool text NOT NULL,
  change_id text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz
);
CREATE TABLE vch_fleet.target (
  run text NOT NULL REFERENCES vch_fleet.run ON DELETE CASCADE,
  vcenter text NOT NULL,
  vch text NOT NULL,
  name text NOT NULL,
  own_name text,
  path text,
  container_vms integer NOT NULL,
  wave integer NOT NULL,
  slot integer NOT NULL,
  turn integer NOT NULL,
  state text NOT NULL,
  -- Which job of the queue is the present one: each is worked on once.
  dispatch integer NOT NULL DEFAULT 0,
  sent boolean NOT NULL DEFAULT false,
  not_before timestamptz,
  -- Its VCH is in the middle of a command: it goes on, whatever becomes of the run.
  unfinished boolean NOT NULL DEFAULT false,
  -- How often in a row its vCenter did not answer.
  tries integer NOT NULL DEFAULT 0,
  -- The runs that this target has been on the VCH's ledgers and lock: an unfinished one of them is ours to resume.
  vch_runs jsonb NOT NULL DEFAULT '[]',
  worker text,
  began_at timestamptz,
  ended_at timestamptz,
  exit integer,
  result text,
  verified integer,
  -- Its vCenter did not answer.
  offline boolean NOT NULL DEFAULT false,
  -- A person has resumed the run in spite of it: the budget no longer counts it.
  forgiven boolean NOT NULL DEFAULT false,
  planned jsonb,
  outcome jsonb,
  PRIMARY KEY (run, vcenter, vch)
);
CREATE INDEX ON vch_fleet.target (run, state);
CREATE TABLE vch_fleet.plan (
  run text NOT NULL,
  vcenter text NOT NULL,
  vch text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (run, vcenter, vch),
  FOREIGN KEY (run, vcenter, vch) REFERENCES vch_fleet.target ON DELETE CASCADE
);
CREATE TABLE vch_fleet.report (
  run text NOT NULL,
  vcenter text NOT NULL,
  vch text NOT NULL,
  vch_run text NOT NULL,
  command text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  report jsonb NOT NULL,
  PRIMARY KEY (run, vcenter, vch, vch_run, command),
  FOREIGN KEY (run, vcenter, vch) REFERENCES vch_fleet.target ON DELETE CASCADE
);
CREATE TABLE vch_fleet.approval (
  run text NOT NULL REFERENCES vch_fleet.run ON DELETE CASCADE,
  wave integer NOT NULL,
  who text NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, wave)
);
CREATE TABLE vch_fleet.event (
  id bigserial PRIMARY KEY,
  run text NOT NULL REFERENCES vch_fleet.run ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  type text NOT NULL,
  vcenter text,
  vch text,
  wave integer,
  worker text,
  who text,
  message text NOT NULL
);
CREATE INDEX ON vch_fleet.event (run, id);
CREATE TABLE vch_fleet.worker (
  id text PRIMARY KEY,
  tool text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  stopped boolean NOT NULL DEFAULT false,
  lacks jsonb NOT NULL DEFAULT '[]'
);
`,
  ],
  [
    '0002-left-out',
    `
-- Which server the VCH is on, whatever an inventory calls it: its limit counts over all runs.
ALTER TABLE vch_fleet.target ADD COLUMN endpoint text;
CREATE INDEX ON vch_fleet.target (endpoint) WHERE state = 'running';
-- What a run leaves alone: VCHs in no wave, those that came later, and vCenters that could not be looked at.
CREATE TABLE vch_fleet.left_out (
  run text NOT NULL REFERENCES vch_fleet.run ON DELETE CASCADE,
  vcenter text NOT NULL,
  -- Empty: the vCenter as a whole.
  vch text NOT NULL,
  name text,
  why text NOT NULL,
  message text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run, vcenter, vch, why)
);
`,
  ],
  // For which vCenters of which runs a worker can do nothing, and why.
  ['0003-unable', "ALTER TABLE vch_fleet.worker ADD COLUMN unable jsonb NOT NULL DEFAULT '[]'"],
  // How many workers in a row ended in the middle of it, and had not left it to the next one.
  ['0004-deaths', 'ALTER TABLE vch_fleet.target ADD COLUMN deaths integer NOT NULL DEFAULT 0'],
];

/** Any number, the same for everybody who migrates this schema. */
const LOCK = 5_219_061_115;

/** Brings the schema `vch_fleet` to this release's. Several processes may do so at once; a newer schema is refused. */
export async function migrateSchema(database: FleetDatabase): Promise<void> {
  await database.transaction(async (context) => {
    await context.query(`SELECT pg_advisory_xact_lock(${LOCK})`);
    await context.script(
      'CREATE SCHEMA IF NOT EXISTS vch_fleet; CREATE TABLE IF NOT EXISTS vch_fleet.migration (name text PRIMARY KEY)',
    );
    const done = await executed(context);
    const newer = done.filter((name) => !MIGRATIONS.some(([known]) => known === name));
    if (newer.length > 0)
      throw new VchError(
        'VCH_ERR_USAGE',
        `a newer release of vch-migrate has used the fleet's database ${database.name} (${newer.join(', ')}): use that release, or name another database`,
      );
    const migrations = MIGRATIONS.map(([name, sql]) => ({name, up: () => context.script(sql)}));
    await new Umzug({migrations, context, storage: STORAGE, logger: undefined}).up();
  });
}

const STORAGE: UmzugStorage<Statements> = {
  logMigration: async ({name, context}) =>
    void (await context.query('INSERT INTO vch_fleet.migration VALUES ($1)', [name])),
  unlogMigration: async ({name, context}) =>
    void (await context.query('DELETE FROM vch_fleet.migration WHERE name = $1', [name])),
  executed: async ({context}) => executed(context),
};

async function executed(context: Statements): Promise<string[]> {
  const rows = await context.query('SELECT name FROM vch_fleet.migration ORDER BY name');
  return rows.map(({name}) => String(name));
}
