import {join} from 'node:path';
import {PARALLELISM, vchMigrate} from '../clients.js';
import {measure} from '../measure.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';
import {withSimulator} from '../servers.js';

/** What the largest VCH is compared with. */
export const REFERENCE = 2_000;
/** As many VMs as a vCenter can have. */
export const LARGE = 40_000;

const common = '--name vch1 --quiet --format json';

/** In this order on one simulator: before, during and after the migration. */
export const SCALE_COMMANDS = [
  {name: 'plan', args: `plan ${common} --report plan.html`},
  // It finds that rename is disabled.
  {name: 'audit', args: `audit ${common}`, codes: [0, 1, 3]},
  {name: 'status', args: `status ${common}`},
  {name: 'apply', args: `apply ${common} --yes --parallelism ${PARALLELISM}`},
  {name: 'verify', args: `verify ${common}`},
] as const;

/** How time and memory grow with the VCH. */
export const scale: Part = {
  name: 'scale',
  title: 'Large VCHs on the simulator in another process, JSON written, and HTML for `plan`',
  minutes: [8, 3],
  plots: ['wall', 'memory'],
  async measure({extent: {runs, quick, divide}, folder, tell}) {
    const rows = new Rows(tell);
    const sizes = [
      ...(quick ? [] : [{size: 1_000, times: runs}]),
      {size: REFERENCE, times: quick ? Math.ceil(runs / 2) : runs},
      ...(quick ? [] : [{size: 10_000, times: Math.ceil(runs / 2)}]),
      {size: LARGE, times: Math.ceil(runs / 5)},
    ];
    for (const {size, times} of sizes) {
      for (let run = 0; run < times; run += 1) {
        const vms = Math.ceil(size / divide);
        await withSimulator(folder, vms, async (url) => {
          for (const {name, args, ...codes} of SCALE_COMMANDS) {
            const words = args.split(' ').map((word) => (word === 'plan.html' ? join(folder, word) : word));
            const taken = await measure({...vchMigrate(url, words), ...codes}, folder);
            rows.add({name: `${name} ${size}`, title: `${name} of ${vms.toLocaleString('en')}`, vms}, taken);
          }
        });
      }
    }
    return {rows: rows.all};
  },
};
