import {localCommand} from '../../command.js';
import {EXIT} from '../../exit.js';
import {flag} from '../../option.js';
import {logOptions} from '../../options.js';
import {STOP_EXIT_CODE} from '../../stop.js';
import {databaseOptions, FLEET, workerOptions} from './options.js';

/** Works on the VCHs of all runs. */
export const fleetWorker = localCommand({
  name: 'fleet worker',
  group: FLEET,
  summary:
    'Work on the VCHs of all runs, beside other workers; the first signal stops at the next safe point',
  options: {
    ...databaseOptions,
    ...workerOptions,
    'until-idle': flag('Command:', 'End when no run goes on by itself'),
    ...logOptions,
  },
  examples: [
    [
      'fleet worker --database postgres://fleet@db.example/fleet --credentials-file logins.yaml',
      'as many as you like, on any machine',
    ],
    [
      'fleet worker --until-idle --credentials-file logins.yaml',
      'go on with the embedded database, after an approval',
    ],
  ],
  async run(context, {own, commands}) {
    const [{withWorkingFleet}, {workOnFleet}] = await Promise.all([
      import('../../fleet/open-fleet.js'),
      import('../../fleet/work.js'),
    ]);
    const end = await withWorkingFleet(own, context, (fleet) =>
      workOnFleet(fleet, context, own, {commands, until: own['until-idle'] ? 'rest' : 'signal'}),
    );
    const by = context.stop.by();
    if (by !== null) return STOP_EXIT_CODE[by];
    return end === 'stalled' ? EXIT.failed : EXIT.done;
  },
});
