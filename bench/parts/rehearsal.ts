import {vchMigrate} from '../clients.js';
import {measure} from '../measure.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';
import {withVcsim} from '../servers.js';

/** A VCH whose rehearsal must fit into a minute. */
export const REHEARSED = 500;

/** A rehearsal: the upgrade, its rollback and every failure, on a copy. */
export const rehearsal: Part = {
  name: 'rehearsal',
  title: 'Rehearsal of an upgrade, read from vcsim: the upgrade, its rollback and each failure, on a copy',
  minutes: [1, 1],
  plots: [],
  async measure({extent: {runs, divide}, programs, folder, tell}) {
    const rows = new Rows(tell);
    const {vcsim} = await programs();
    const vms = Math.ceil(REHEARSED / divide);
    const args = 'rehearse --name vch1 --data-only --quiet --format json'.split(' ');
    for (let run = 0; run < Math.ceil(runs / 2); run += 1) {
      const {result, wire} = await withVcsim(vcsim, {vms, task: 0}, (url) =>
        measure(vchMigrate(url, args), folder),
      );
      rows.add(
        {name: 'rehearse', title: `rehearse of ${vms.toLocaleString('en')}`, vms},
        {...result, ...wire},
      );
    }
    return {rows: rows.all};
  },
};
