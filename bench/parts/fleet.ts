import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {startFarm} from '../../test/fleet/fleet-farm.js';
import {postgresPrograms, startPostgres} from '../../test/fleet/postgres-server.js';
import {ROOT} from '../../test/peers.js';
import {CLI} from '../clients.js';
import {medianOf, type Results, rowOf} from '../figures.js';
import {measure} from '../measure.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';
import type {Target} from '../targets.js';

const VCENTERS = 10;
const VCHS = 2_000;

const DATABASES = [
  {name: 'postgresql', title: 'PostgreSQL', limit: 300},
  {name: 'pglite', title: 'embedded', limit: 600},
] as const;

/** What a large fleet takes on either database: the plan and the report by the CLI, and the engine with VCHs that take no time. */
export const fleet: Part = {
  name: 'fleet',
  title:
    'A fleet of 2,000 VCHs on ten simulated vCenters: `fleet plan`, `fleet report`, `fleet status`, and the engine alone',
  minutes: [5, 5],
  plots: ['memory'],
  async measure({extent: {divide}, folder, tell}) {
    const rows = new Rows(tell);
    const vchs = Math.ceil(VCHS / divide);
    const bin = postgresPrograms();
    if (bin === undefined) throw new Error('there is no PostgreSQL; scripts/install-peers.sh installs it');
    await using farm = await startFarm(folder, {vcenters: VCENTERS, vchs: Math.ceil(vchs / VCENTERS)});
    const server = await startPostgres(bin);
    try {
      for (const {name, title} of DATABASES) {
        const [state, alone] = ['state', 'alone'].map((word) => join(folder, word));
        const isPostgres = name === 'postgresql';
        const env = {...farm.variables, ...(isPostgres && {VCH_MIGRATE_DATABASE_URL: server.url})};
        const run = async (command: string, args: readonly string[], codes = [0]) => {
          const words = [CLI, 'fleet', command, ...args, ...(isPostgres ? [] : ['--state-dir', state ?? ''])];
          const taken = await measure({program: process.execPath, args: words, env, codes}, folder);
          rows.add({name: `${command} ${name}`, title: `fleet ${command}, ${title}`, vms: vchs}, taken);
        };
        await run('plan', ['--inventory', farm.inventory, '--quiet', '--format', 'json']);
        const files = ['html', 'json', 'xml'].flatMap((end) => ['--report', join(folder, `night.${end}`)]);
        await run('report', ['--quiet', ...files]);
        await run('status', ['--quiet']);
        mkdirSync(alone ?? '', {recursive: true});
        const args = [
          ...['--enable-source-maps', `${ROOT}dist/bench/fleet-worker.js`],
          ...[isPostgres ? server.url : (alone ?? ''), String(vchs)],
        ];
        const taken = await measure({program: process.execPath, args}, folder);
        rows.add({name: `engine ${name}`, title: `the engine alone, ${title}`, vms: vchs}, taken);
      }
    } finally {
      await server.stop();
    }
    return {rows: rows.all};
  },
};

/** What must hold of a fleet. */
export function fleetTargets(results: Results): readonly Target[] {
  return DATABASES.flatMap(({name, title, limit}) => {
    const row = (command: string) => rowOf(results, 'fleet', `${command} ${name}`);
    const engine = row('engine');
    const cpu = medianOf(engine, 'cpu');
    const memory = ['plan', 'report', 'status', 'engine'].flatMap(
      (command) => medianOf(row(command), 'memory') ?? [],
    );
    return [
      {
        what: `memory of a fleet of 2,000 VCHs, ${title}`,
        ...{limit, unit: 'MB', measured: memory.length === 0 ? undefined : Math.max(...memory)},
      },
      {
        what: `CPU of the engine for each VCH, ${title}`,
        ...{limit: 50, unit: 'ms', measured: cpu && (cpu * 1000) / (engine?.vms ?? VCHS)},
      },
    ];
  });
}
