import type {FleetReport} from '../../report/fleet/report.js';
import {EXIT, type Exit} from '../exit.js';

/** The exit code of the commands that show or follow a run. */
export function fleetExit({run, summary}: Pick<FleetReport, 'run' | 'summary'>): Exit {
  const {state} = run;
  if (summary.down > 0) return EXIT.person;
  if (state === 'waiting') return EXIT.pending;
  if (state === 'held' || state === 'cancelled') return EXIT.failed;
  if (state !== 'done') return EXIT.done;
  return summary.done < summary.total ? EXIT.partly : EXIT.done;
}
