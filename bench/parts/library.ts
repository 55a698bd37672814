import {readFileSync} from 'node:fs';
import {migrateConfig} from '../../src/index.js';
import {readContainerVms} from '../../src/inventory/container-vms.js';
import {findVch} from '../../src/inventory/find-vch.js';
import {silent} from '../../src/log.js';
import {startSimulator} from '../../src/simulator/simulator.js';
import {withSession} from '../../src/vim25/session.js';
import {ROOT} from '../../test/peers.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';

const MAPS = 10_000;
const KEYS = 80;
const VMS = 2_000;
const DECLARED = [
  'common/name',
  'common/rename-disabled',
  'guestinfo.vice./common/name',
  'vch-migrate/ledger',
];

type Map = Readonly<Record<string, string>>;

/** Parts of the work by themselves, in this process: one migration in memory, and reading. */
export const library: Part = {
  name: 'library',
  title: `The library in one process: a map of ${KEYS} keys; ${VMS.toLocaleString('en')} containerVMs of the simulator`,
  minutes: [0.5, 0.2],
  plots: [],
  async measure({extent: {runs, quick, divide}, tell}) {
    const rows = new Rows(tell);
    const maps = containerMaps(Math.ceil(MAPS / divide));
    const migrate = async (map: Map) => void (await migrateConfig('container', map));
    const copy = async (map: Map) => void JSON.parse(JSON.stringify(map));
    for (const use of [migrate, copy]) await secondsOf(use, maps.slice(0, 500));
    for (let run = 0; run < runs; run += 1) {
      rows.add(
        {name: 'migrateConfig', title: '`migrateConfig`, a map'},
        {wall: await secondsOf(migrate, maps)},
      );
      rows.add({name: 'copy', title: 'a copy by JSON, a map'}, {wall: await secondsOf(copy, maps)});
    }
    if (!quick) await reading(Math.ceil(VMS / divide), runs, rows);
    return {rows: rows.all};
  },
};

/** What containerVMs cost to read: at the keys that plugins declare, and whole ExtraConfigs. */
async function reading(vms: number, runs: number, rows: Rows): Promise<void> {
  const fixture = JSON.parse(readFileSync(`${ROOT}fixtures/large.json`, 'utf8'));
  fixture.generate[0].count = vms;
  await using simulator = await startSimulator({fixture, templates: `${ROOT}fixtures/vic-encoded.jsonl`});
  const {url, user, password, thumbprint} = simulator;
  const options = {url: new URL(url), user, password, tls: {thumbprint}, runId: 'bench', log: silent};
  await withSession(options, async (session) => {
    const vch = await findVch(session, {});
    await readContainerVms(session, vch, DECLARED);
    for (let run = 0; run < runs; run += 1) {
      for (const [name, keys] of [['declared', DECLARED] as const, ['all', 'all'] as const]) {
        const wall = await secondsOf(() => readContainerVms(session, vch, keys), [0]);
        rows.add({name, title: `reading ${name} keys`, vms}, {wall});
      }
    }
  });
}

/** Seconds that one call takes on average. */
async function secondsOf<T>(use: (value: T) => Promise<unknown>, values: readonly T[]): Promise<number> {
  const start = performance.now();
  for (const value of values) await use(value);
  return (performance.now() - start) / 1000 / values.length;
}

/** Maps as VIC's own encoder writes them, of every data version in turn, made up to so many keys. */
function containerMaps(count: number): readonly Map[] {
  const encoded: readonly {readonly target: string; readonly config: Map}[] = readFileSync(
    `${ROOT}fixtures/vic-encoded.jsonl`,
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const containers = encoded.filter(({target}) => target === 'container');
  return Array.from({length: count}, (_, index) => {
    const map = {...containers[index % containers.length]?.config};
    for (let n = 0; Object.keys(map).length < KEYS; n += 1)
      map[`guestinfo.bench./filler|${n}/value`] = `${index}`;
    // Not the keys that its plugins go by, when some are too many.
    const spare = Object.keys(map).filter((key) => !/common\/|PluginVersion|createtime/.test(key));
    for (const key of spare.slice(0, Object.keys(map).length - KEYS)) delete map[key];
    return map;
  });
}
