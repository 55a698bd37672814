import type {Logger} from '../log.js';
import type {ProgressEvent} from '../upgrade/outcome.js';

const INTERVAL = 5_000;

/** What people call the phases of a run. */
export const DOING = {
  find: 'finding the VCH',
  read: 'reading',
  plan: 'planning',
  commit: 'writing',
  verify: 'reading back',
} as const;

/** Tells on stderr what a run is at: a line for each phase, and one every few seconds in a long one. */
export function progressTo(log: Logger, now: () => Date): (event: ProgressEvent) => void {
  let doing = '';
  let told = 0;
  return (event) => {
    switch (event.type) {
      case 'phase':
        doing = DOING[event.phase];
        told = now().getTime();
        log.info(event.total === null ? doing : `${doing}: ${event.total} containerVMs`);
        return;
      case 'progress':
        if (now().getTime() - told < INTERVAL) return;
        told = now().getTime();
        log.info(`${doing}: ${event.done} of ${event.total}`);
        return;
      case 'vm':
        log.debug(`${event.vm.id} ${event.vm.displayName}: ${event.vm.status}`);
        return;
    }
  };
}
