import {FLEET_FORMATS, FORMATS} from '../../../report/formats.js';
import {localCommand} from '../../command.js';
import {EXIT_MEANINGS} from '../../exit.js';
import {text} from '../../option.js';
import {outputOptions} from '../../options.js';
import {databaseOptions, FLEET} from './options.js';

const RUN = [{name: 'RUN', optional: true}] as const;

/** A run, or all runs. */
export const fleetStatus = localCommand({
  name: 'fleet status',
  group: FLEET,
  summary: 'How a run stands: waves, budget, VCHs that need a look; without RUN the latest one',
  positionals: RUN,
  options: {...databaseOptions, ...outputOptions},
  formats: FLEET_FORMATS,
  exits: EXIT_MEANINGS.fleet,
  examples: [
    [
      'fleet status',
      '0 done or running, 1 held or cancelled, 2 waits for approval, 3 done but for some, 6 a VCH is down',
    ],
  ],
  async run(context, {args: [word = ''], own}) {
    const [{withFleet}, {findRun}, {publishRun, reportOfRun}] = await Promise.all([
      import('../../fleet/open-fleet.js'),
      import('../../../fleet/view.js'),
      import('../../fleet/follow.js'),
    ]);
    return withFleet(own, context, async (fleet) => {
      const run = await findRun(fleet.database, word === '' ? undefined : word);
      return publishRun(fleet, await reportOfRun(fleet, context, run), context);
    });
  },
});

/** Follows a run. */
export const fleetWatch = localCommand({
  name: 'fleet watch',
  group: FLEET,
  summary: 'Follow a run, event by event, until it is done, held, paused, or waits for approval',
  positionals: RUN,
  options: {...databaseOptions, ...outputOptions},
  formats: FLEET_FORMATS,
  exits: EXIT_MEANINGS.fleet,
  examples: [['fleet watch --format ndjson', 'for programs, an event a line']],
  async run(context, {args: [word = ''], own}) {
    const [{withFleet}, {findRun}, {followRunToRest}] = await Promise.all([
      import('../../fleet/open-fleet.js'),
      import('../../../fleet/view.js'),
      import('../../fleet/follow.js'),
    ]);
    return withFleet(own, context, async (fleet) =>
      followRunToRest(fleet, context, await findRun(fleet.database, word === '' ? undefined : word)),
    );
  },
});

/** The report of a run, or that of one of its VCHs. */
export const fleetReport = localCommand({
  name: 'fleet report',
  group: FLEET,
  summary: 'The report of a run with all its VCHs and events; --of-vch gives the whole report of one VCH',
  positionals: RUN,
  options: {
    ...databaseOptions,
    'of-vch': text('Command:', 'The last report of this VCH, by NAME or VCENTER/NAME, in any form', {
      value: 'NAME',
    }),
    ...outputOptions,
  },
  formats: FORMATS,
  exits: EXIT_MEANINGS.fleet,
  examples: [
    [
      'fleet report --report night.html --report night.xml',
      'the latest run, as a page and for a build server',
    ],
    ['fleet report upgrade-20261126-3f2a --of-vch emea-1/vch7 --report vch7.html', 'the page of one VCH'],
  ],
  async run(context, {args: [word = ''], own}) {
    const [{withFleet}, {findRun}, {publishRun, reportOfRun}, {publishVch}] = await Promise.all([
      import('../../fleet/open-fleet.js'),
      import('../../../fleet/view.js'),
      import('../../fleet/follow.js'),
      import('../../fleet/vch-report.js'),
    ]);
    return withFleet(own, context, async (fleet) => {
      const run = await findRun(fleet.database, word === '' ? undefined : word);
      const vch = own['of-vch'];
      if (vch !== undefined) return publishVch(fleet, context, run, vch);
      return publishRun(fleet, await reportOfRun(fleet, context, run, 100_000), context);
    });
  },
});
