import {join} from 'node:path';
import {writeIso} from '../../test/iso-file.js';
import {vchMigrate} from '../clients.js';
import {measure} from '../measure.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';
import {withSimulator} from '../servers.js';

const VMS = 1_000;

/** A whole upgrade, ISO files, snapshot and boot included. */
export const upgrade: Part = {
  name: 'upgrade',
  title: 'Upgrade of a VCH on the simulator in another process',
  minutes: [1, 0],
  plots: [],
  async measure({extent: {runs, quick, divide}, folder, tell}) {
    const rows = new Rows(tell);
    const vms = Math.ceil(VMS / divide);
    const isos = ['appliance', 'bootstrap'].map((name) => join(folder, `${name}.iso`));
    for (const iso of isos) await writeIso(iso);
    const [appliance = '', bootstrap = ''] = isos;
    const args = [
      ...'upgrade --name vch1 --yes --quiet --format json'.split(' '),
      ...['--appliance-iso', appliance, '--bootstrap-iso', bootstrap],
    ];
    for (let run = 0; run < (quick ? 0 : runs); run += 1) {
      await withSimulator(folder, vms, async (url) => {
        const taken = await measure(vchMigrate(url, args), folder);
        rows.add({name: 'upgrade', title: `upgrade of ${vms.toLocaleString('en')}`, vms}, taken);
      });
    }
    return {rows: rows.all};
  },
};
