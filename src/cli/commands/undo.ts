import {reportCommand} from '../command.js';
import {writesExit} from '../exit.js';
import {action, restOf, takeUpRest, unfinished, unlessStopped} from '../next.js';
import {text, wholeNumber} from '../option.js';
import {narrowing, selectOptions, stagingOf, stagingOptions} from '../staging.js';

/** Puts the containerVMs back, from their own ledgers. */
export const undo = reportCommand({
  name: 'undo',
  summary: 'Put the containerVMs back as they were, from their ledgers; whole VMs or not at all',
  options: {
    run: text('Command:', 'Undo only what the run with this id wrote', {repeat: true, value: 'ID'}),
    to: wholeNumber(
      text('Command:', 'Undo the plugins above this version, and keep it', {repeat: true, value: 'VERSION'}),
      0,
    ),
    ...selectOptions,
    ...stagingOptions,
  },
  examples: [
    ['undo -t vc.example -u admin -n vch1', 'undo everything that vch-migrate did to the containerVMs'],
    ['undo -n vch1 --to 2', 'undo the plugins above version 2'],
  ],
  writes: true,
  read: async ({own}, {now}) => ({
    ...(await narrowing(own)),
    staging: stagingOf(own, now),
    run: own.run,
    to: own.to,
  }),
  async run(session, options) {
    const {undoMigration} = await import('../../containers/undo.js');
    return undoMigration(session, options);
  },
  exitCode: ({report}) => writesExit(report.summary),
  next: unlessStopped((told) => {
    return [
      unfinished(told.report.summary) > 0
        ? takeUpRest(told)
        : action('See where the containerVMs stand', told.line('status')),
    ];
  }, restOf),
});
