// How long things take, each as a ratio to something else that is measured in the same run: machines differ, ratios less.
import {readFileSync} from 'node:fs';
import {migrateConfig} from '../dist/src/index.js';
import {readContainerVms} from '../dist/src/inventory/container-vms.js';
import {findVch} from '../dist/src/inventory/find-vch.js';
import {silent} from '../dist/src/log.js';
import {startSimulator} from '../dist/src/simulator/simulator.js';
import {withSession} from '../dist/src/vim25/session.js';

const sections = {
  /** 10,000 containerVMs' ExtraConfigs of 80 keys, in one process; umzug is part of each. */
  async migrateConfig() {
    const MAPS = 10_000;
    const KEYS = 80;
    const maps = containerMaps(MAPS, KEYS);
    const migrate = async (map) => void (await migrateConfig('container', map));
    const copy = async (map) => void JSON.parse(JSON.stringify(map));
    await measure(migrate, maps.slice(0, 500));
    await measure(copy, maps.slice(0, 500));
    const migrating = await measure(migrate, maps);
    const copying = await measure(copy, maps);
    tell(`${MAPS} maps of ${KEYS} keys`, [
      ['migrateConfig', `${migrating.toFixed(3)} ms a map (limit 0.2)`, migrating < 0.2],
      ['a copy by JSON', `${copying.toFixed(3)} ms a map`, true],
      ['ratio', (migrating / copying).toFixed(1), true],
    ]);
  },

  /** What the containerVMs of a large VCH cost to read: the keys that plugins declare, and whole ExtraConfigs. */
  async reading() {
    const VMS = 2_000;
    const KEYS = [
      'common/name',
      'common/rename-disabled',
      'guestinfo.vice./common/name',
      'vch-migrate/ledger',
    ];
    const fixture = JSON.parse(readFileSync(new URL('../fixtures/large.json', import.meta.url), 'utf8'));
    fixture.generate[0].count = VMS;
    const templates = new URL('../fixtures/vic-encoded.jsonl', import.meta.url).pathname;
    const simulator = await startSimulator({fixture, templates});
    const {url, user, password, thumbprint} = simulator;
    const options = {url: new URL(url), user, password, tls: {thumbprint}, runId: 'bench', log: silent};
    try {
      const [keyed, whole] = await withSession(options, async (session) => {
        const {vch} = await findVch(session, {});
        await readContainerVms(session, vch, KEYS);
        const read = (keys) => measure(() => readContainerVms(session, vch, keys), [1, 2, 3]);
        return [await read(KEYS), await read('all')];
      });
      tell(`${VMS} containerVMs read from the embedded simulator, in the same process`, [
        ['declared keys', `${keyed.toFixed(0)} ms`, true],
        ['all keys', `${whole.toFixed(0)} ms`, true],
        ['ratio', (whole / keyed).toFixed(1), true],
      ]);
    } finally {
      await simulator.close();
    }
  },
};

/** Milliseconds that one call takes on average. */
async function measure(use, values) {
  const start = process.hrtime.bigint();
  for (const value of values) await use(value);
  return Number(process.hrtime.bigint() - start) / 1e6 / values.length;
}

/** Maps as VIC's own encoder writes them, of every data version in turn, made up to so many keys. */
function containerMaps(count, keys) {
  const lines = readFileSync(new URL('../fixtures/vic-encoded.jsonl', import.meta.url), 'utf8');
  const encoded = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({target}) => target === 'container');
  return Array.from({length: count}, (_, index) => {
    const map = {...encoded[index % encoded.length].config};
    for (let n = 0; Object.keys(map).length < keys; n += 1)
      map[`guestinfo.bench./filler|${n}/value`] = `${index}`;
    // Not the keys that its plugins go by, when some are too many.
    const spare = Object.keys(map).filter((key) => !/common\/|PluginVersion|createtime/.test(key));
    for (const key of spare.slice(0, Object.keys(map).length - keys)) delete map[key];
    return map;
  });
}

function tell(title, rows) {
  process.stdout.write(`\n${title}\n`);
  for (const [what, value, within] of rows) {
    process.stdout.write(`  ${what.padEnd(16)} ${value}${within ? '' : '   ABOVE THE LIMIT'}\n`);
    if (!within) process.exitCode = 1;
  }
}

const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(sections)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
