import {CLI, vchMigrate} from '../clients.js';
import {measure} from '../measure.js';
import type {Part} from '../part.js';
import {Rows} from '../rows.js';
import {withSimulator} from '../servers.js';

/** How long it takes until a command has done next to nothing. */
export const start: Part = {
  name: 'start',
  title: 'Start; `ls` on the simulator in another process',
  minutes: [0.3, 0.3],
  plots: ['wall'],
  async measure({extent, folder, tell}) {
    const rows = new Rows(tell);
    await withSimulator(folder, 20, async (url) => {
      const node = (...args: string[]) => ({program: process.execPath, args});
      const commands = [
        {name: 'node', title: 'node -e 0', command: node('-e', '0')},
        {name: '--version', title: 'vch-migrate --version', command: node(CLI, '--version')},
        {name: '--help', title: 'vch-migrate --help', command: node(CLI, '--help')},
        {name: 'ls', title: 'vch-migrate ls', command: vchMigrate(url, ['ls', '--quiet'])},
      ];
      // The first of each reads the files from the disk.
      for (const {command} of commands) await measure(command, folder);
      // They are over so quickly that it takes more of them to tell.
      for (let run = 0; run < 4 * extent.runs; run += 1)
        for (const {command, ...row} of commands) rows.add(row, await measure(command, folder));
    });
    return {rows: rows.all};
  },
};
