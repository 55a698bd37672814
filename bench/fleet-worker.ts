// node fleet-worker.js DATABASE VCHS: a worker whose VCHs take no time, so that the engine itself shows. DATABASE is a URL, or a folder.
import {startRun} from '../src/fleet/control.js';
import {openEmbedded} from '../src/fleet/embedded.js';
import {openPostgres, postgresOptions} from '../src/fleet/postgres.js';
import type {QueueDatabase} from '../src/fleet/queue.js';
import {migrateSchema} from '../src/fleet/schema.js';
import {stateDirectory} from '../src/fleet/state-directory.js';
import {isAtRest} from '../src/fleet/worker.js';
import {planned, workerWith} from '../test/fleet/fake-hands.js';

async function open(where: string): Promise<QueueDatabase> {
  if (!where.startsWith('postgres:'))
    return {kind: 'embedded', database: await openEmbedded(stateDirectory(where))};
  const options = postgresOptions(where);
  return {kind: 'postgres', database: await openPostgres(options), options};
}

const VCENTERS = 10;
const [where = '', vchs = ''] = process.argv.slice(2);
const db = await open(where);
const {database} = db;
await migrateSchema(database);
const each = Math.ceil(Number(vchs) / VCENTERS);
const vcenters = Object.fromEntries(Array.from({length: VCENTERS}, (_, at) => [`vc${at}`, each]));
const run = await planned(database, {vcenters, concurrency: 10});
await startRun(database, run, {who: 'bench@here'});
const worker = await workerWith(db, {}, {interval: 1_000});
await worker.work(new AbortController().signal, () => isAtRest(database, run));
await worker.stop();
await database.close();
