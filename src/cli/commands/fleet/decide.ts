import {VchError} from '../../../errors.js';
import type {Decided, Decision} from '../../../fleet/control.js';
import type {FleetDatabase} from '../../../fleet/database.js';
import type {RunState} from '../../../report/fleet/report.js';
import {localCommand} from '../../command.js';
import {EXIT} from '../../exit.js';
import {type OptionSet, text, texts, type Values} from '../../option.js';
import {outputOptions} from '../../options.js';
import {databaseOptions, FLEET, reason} from './options.js';

interface Deciding<More extends OptionSet> {
  readonly name: string;
  readonly summary: string;
  readonly options: More;
  /** In which state the run must be that is meant if none is named. */
  readonly states: readonly RunState[];
  readonly needsReason: boolean;
  readonly example: readonly [string, string];
  decide(database: FleetDatabase, run: string, decision: Decision, own: Values<More>): Promise<Decided>;
}

/** A command by which a person decides on a run, from any machine with the database. */
function decisionCommand<More extends OptionSet>({
  name,
  summary,
  options: more,
  states,
  needsReason,
  example,
  decide,
}: Deciding<More>) {
  const options = {...databaseOptions, reason, ...outputOptions};
  return localCommand({
    name: `fleet ${name}`,
    group: FLEET,
    summary,
    positionals: [{name: 'RUN', optional: true}],
    options: {...options, ...more},
    examples: [example],
    async run(context, {args: [word = ''], own: all}) {
      const own: Values<typeof options> & Values<More> = all;
      if (needsReason && own.reason === undefined)
        throw new VchError(
          'VCH_ERR_USAGE',
          `fleet ${name} needs a --reason, which is kept with your name: ${example[0]}`,
        );
      const [{locate, withFleet, whoami}, {findRun}, {reportOfRun}, {tell}] = await Promise.all([
        import('../../fleet/open-fleet.js'),
        import('../../../fleet/view.js'),
        import('../../fleet/follow.js'),
        import('../../publish.js'),
      ]);
      return withFleet(own, context, async (fleet) => {
        const run = await findRun(fleet.database, word === '' ? undefined : word, states);
        const decision = {who: whoami(), reason: own.reason ?? 'no reason given'};
        const {changed, message: said} = await decide(fleet.database, run, decision, own);
        const message = locate(own, said);
        const report = await reportOfRun(fleet, context, run, 1);
        const document = {
          schema: 'vch-migrate/fleet-decision/v1' as const,
          tool: report.tool,
          ...{run, decision: name, ...decision, changed, message, state: report.run.state, next: report.next},
        };
        const told = await tell({document, text: () => [[message]]}, context);
        return told === EXIT.done && !changed ? EXIT.done : told;
      });
    },
  });
}

const wave = text('Command:', 'NAME of the wave that is looked at: approve opens the one after it');
const vch = texts('Command:', 'Only this VCH, by NAME or VCENTER/NAME (repeatable)', {value: 'NAME'});

export const fleetApprove = decisionCommand({
  name: 'approve',
  summary: 'Open the next wave of a run that waits for it; keeps who and why',
  options: {wave},
  states: ['waiting'],
  needsReason: true,
  example: ['fleet approve --reason "canaries looked at, CHG-4711"', 'the one run that waits'],
  async decide(database, run, decision, own) {
    const {approve} = await import('../../../fleet/control.js');
    return approve(database, run, {...decision, wave: own.wave});
  },
});

export const fleetPause = decisionCommand({
  name: 'pause',
  summary: 'Let nothing more begin; what runs goes on',
  options: {},
  states: ['running', 'waiting', 'held'],
  needsReason: false,
  example: ['fleet pause --reason "storage alarm"', 'the one run that is under way'],
  decide: async (database, run, decision) =>
    (await import('../../../fleet/control.js')).pause(database, run, decision),
});

export const fleetResume = decisionCommand({
  name: 'resume',
  summary: 'Go on with a paused or held run; what has failed so far no longer counts against the budget',
  options: {},
  states: ['paused', 'held'],
  needsReason: true,
  example: ['fleet resume --reason "the two are known"', 'the one run that is paused or held'],
  decide: async (database, run, decision) =>
    (await import('../../../fleet/control.js')).resume(database, run, decision),
});

export const fleetRetry = decisionCommand({
  name: 'retry',
  summary: 'Try the VCHs again that did not reach their goal; an unfinished upgrade is resumed',
  options: {vch},
  states: ['running', 'waiting', 'paused', 'held', 'cancelled', 'done'],
  needsReason: false,
  example: ['fleet retry upgrade-20261126-3f2a --vch emea-1/vch7', 'that one; without --vch all that failed'],
  decide: async (database, run, decision, own) =>
    (await import('../../../fleet/control.js')).retry(database, run, {...decision, vchs: own.vch}),
});

export const fleetCancel = decisionCommand({
  name: 'cancel',
  summary: 'End a run: nothing more begins, and what runs stops at its next safe point, as after a signal',
  options: {},
  states: ['running', 'waiting', 'paused', 'held'],
  needsReason: false,
  example: ['fleet cancel --reason "change withdrawn"', 'the one run that is under way'],
  decide: async (database, run, decision) =>
    (await import('../../../fleet/control.js')).cancel(database, run, decision),
});
