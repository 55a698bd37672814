import {randomUUID} from 'node:crypto';
import type {FleetDatabase} from '../../src/fleet/database.js';
import {readInventory} from '../../src/fleet/inventory.js';
import type {UnitEnd} from '../../src/fleet/outcome.js';
import type {QueueDatabase} from '../../src/fleet/queue.js';
import {createRun, type NewRun} from '../../src/fleet/store.js';
import {planWaves} from '../../src/fleet/waves.js';
import {FleetWorker, type Hands, type Unit, type WorkerOptions} from '../../src/fleet/worker.js';
import {silent} from '../../src/log.js';
import type {FleetCommand, FleetRelease} from '../../src/report/fleet/report.js';
import {type Report, summarize} from '../../src/report/report.js';

export const TOOL = '9.9.9';
const SETTINGS = {timeout: 60_000, parallelism: 8};

/** What a report tells of a unit of work. */
type Told = Pick<Unit, 'command' | 'vchRun'> & {
  readonly target: Pick<Unit['target'], 'name' | 'vch'>;
  readonly vcenter: Pick<Unit['vcenter'], 'url'>;
};

/** A command on a VCH. */
export function unitOf({
  command,
  vchRun,
  vch,
  name,
}: {
  readonly command: Unit['command'];
  readonly vchRun: string;
  readonly vch: string;
  readonly name: string;
}): Told {
  return {command, vchRun, target: {vch, name}, vcenter: {url: 'https://a.example'}};
}

/** The report of a command over a VCH without containerVMs. */
export function reportFor({command, vchRun, target, vcenter}: Told, parts: Partial<Report> = {}): Report {
  const at = new Date().toISOString();
  return {
    ...{
      schema: 'vch-migrate/report/v1',
      command,
      runId: vchRun,
      changeId: null,
      startedAt: at,
      finishedAt: at,
    },
    tool: {name: 'vch-migrate', version: TOOL, dataVersion: 10},
    target: {url: vcenter.url, product: 'a vCenter', apiVersion: '6.5'},
    vch: {
      ...{name: target.name, id: target.vch, dataVersion: 10, build: null, ownName: null, version: null},
      ...{powerState: 'poweredOn', computeResource: null, containerVMs: 0, lock: {held: false}},
    },
    ...{plugins: [], vms: [], summary: summarize([]), findings: [], interrupted: false, next: ''},
    ...parts,
  };
}

/** A report of an upgrade that came to that. */
export function upgraded(unit: Unit, result: NonNullable<Report['upgrade']>['result'], exit = 0): UnitEnd {
  const upgrade = {
    result,
    error: null,
    run: unit.vchRun,
    phase: 'done',
    lockId: null,
    snapshot: null,
    card: [],
  };
  return {exit, report: reportFor(unit, {upgrade})};
}

/** Stores a run over made-up VCHs, so many on each vCenter. */
export async function planned(
  database: FleetDatabase,
  {
    vcenters,
    waves = '[{name: all}]',
    budget = '{failed: 100}',
    command = 'upgrade',
    concurrency = 2,
    more = '',
    release = null,
    tool = TOOL,
    newId = () => `run-${randomUUID()}`,
  }: {
    readonly vcenters: Readonly<Record<string, number>>;
    readonly waves?: string;
    readonly budget?: string;
    readonly command?: FleetCommand;
    readonly concurrency?: number;
    readonly more?: string;
    readonly release?: FleetRelease | null;
    readonly tool?: string;
    readonly newId?: () => string;
  },
): Promise<string> {
  const names = Object.keys(vcenters);
  const lines = names.map(
    (name) => `  - {name: ${name}, url: "https://${name}.example", concurrency: ${concurrency}}`,
  );
  const {inventory, problems} = readInventory(
    `version: 1\nvcenters:\n${lines.join('\n')}\nwaves: ${waves}\nbudget: ${budget}\n${more}`,
  );
  if (inventory === null) throw new Error(JSON.stringify(problems));
  const found = names.flatMap((vcenter) =>
    Array.from({length: vcenters[vcenter] ?? 0}, (_, at) => ({
      ...{vcenter, id: `vm-${at}`, name: `${vcenter}-vch${at}`, ownName: null, path: null, containerVMs: at},
    })),
  );
  const run: NewRun = {
    ...{
      command,
      inventory,
      release,
      options: SETTINGS,
      tool,
      changeId: null,
      who: 'test@here',
    },
    ...{day: new Date(), leftOut: []},
    targets: planWaves(inventory, found).placed.map((vch) => ({...vch, planned: null, plan: null})),
  };
  return createRun(database, run, newId);
}

/** A worker with hands of the test's own. */
export function workerWith(
  db: QueueDatabase,
  hands: Partial<Hands>,
  options: Partial<WorkerOptions> = {},
): Promise<FleetWorker> {
  return FleetWorker.start({
    ...{db, only: [], isoFolder: undefined, tool: TOOL, log: silent, interval: 50},
    findLogin: async () => ({user: 'u', password: 'p'}),
    hands: {
      perform: async (unit) => upgraded(unit, 'upgraded'),
      lastUpgrade: async () => null,
      watch: async () => undefined,
      look: async () => [],
      ...hands,
    },
    ...options,
  });
}
