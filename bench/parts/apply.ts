import {type Client, clientsOf} from '../clients.js';
import type {Run} from '../figures.js';
import {measure} from '../measure.js';
import type {Part, PartContext} from '../part.js';
import {Rows} from '../rows.js';
import {withVcsim} from '../servers.js';

const VMS = 2_000;

/** The migration by every client, on a vCenter whose tasks take no time: what the client itself takes shows. */
export const apply: Part = {
  name: 'apply',
  title: 'Whole migrations on vcsim, tasks that take no time',
  minutes: [6, 2.5],
  plots: ['wall', 'cpu', 'memory'],
  measure: (context) =>
    compared(context, 0, ({name}) => {
      const {runs, quick} = context.extent;
      if (name === 'least-work' || name === 'vch-migrate') return runs;
      return quick ? 1 : runs;
    }),
};

/** The same where each task takes 100 ms, as on a real vCenter: what the client keeps unfinished shows. */
export const tasks: Part = {
  name: 'tasks',
  title: 'Whole migrations on vcsim, tasks of 100 ms',
  minutes: [2, 0.8],
  plots: ['wall'],
  measure: (context) =>
    compared(context, 100, ({name}) => {
      const {runs, quick} = context.extent;
      if (name === 'least-work' || name === 'vch-migrate') return runs;
      return name === 'vic' && !quick ? Math.ceil(runs / 5) : 0;
    }),
};

/** All clients in turn, so that a machine that changes its speed does so for all of them; each run has a fresh vcsim. */
async function compared(
  {extent, programs: build, folder, tell}: PartContext,
  task: number,
  runsOf: (client: Client) => number,
) {
  const programs = await build();
  const rows = new Rows(tell);
  const vms = Math.ceil(VMS / extent.divide);
  for (let run = 0; run < extent.runs; run += 1) {
    for (const client of clientsOf(programs, vms).filter((client) => run < runsOf(client))) {
      const {name, title, sample} = client;
      const {result, wire} = await withVcsim(programs.vcsim, {vms, task}, (url) =>
        measure(withHome(client.command(url), folder), folder),
      );
      const scaled: Run = {
        ...result,
        wall: result.wall * (vms / (sample ?? vms)),
        cpu: result.cpu * (vms / (sample ?? vms)),
        ...(sample === undefined ? wire : {}),
      };
      rows.add({name, title, vms, ...(sample === undefined ? {} : {sample})}, scaled);
    }
  }
  return {rows: rows.all};
}

/** govc keeps its sessions in the home directory. */
function withHome<T extends {readonly env?: Readonly<Record<string, string>>}>(command: T, home: string): T {
  return {...command, env: {...command.env, HOME: home}};
}
