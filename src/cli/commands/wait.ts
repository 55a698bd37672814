import {durationText} from '../../duration.js';
import {listingCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {targetOf} from '../login.js';
import {type Option, text, withDefault} from '../option.js';
import {DEFAULT_PARALLELISM, duration, oneOf, runOptions} from '../options.js';

const GOALS = ['ready', 'unlocked', 'verified'] as const;

type Goal = (typeof GOALS)[number];

/** Waits until a VCH is as wanted. */
export const wait = listingCommand({
  name: 'wait',
  summary: 'Wait until the VCH is ready, unlocked or verified; writes nothing',
  options: {
    for: {
      ...text(
        'Command:',
        'ready: docker answers. unlocked: no upgrade holds it. verified: verify would exit 0',
        {
          repeat: true,
          value: 'STATE',
          values: GOALS,
        },
      ),
      read(given, name, problems) {
        const goal = GOALS.find((word) => word === given.text(name));
        if (goal === undefined) problems.add(`--for must be ${oneOf(GOALS)}`);
        return goal;
      },
    } satisfies Option<Goal | undefined>,
    timeout: withDefault(
      duration(
        text('Command:', 'How long to wait, such as 90s (default 10m)', {repeat: true, value: 'DURATION'}),
      ),
      10 * 60_000,
    ),
    plugins: runOptions.plugins,
  },
  examples: [
    [
      'wait --for unlocked --timeout 2h -t vc.example -u admin -n vch1',
      'until the upgrade of somebody else is over',
    ],
    ['wait --for ready -n vch1 && vch-migrate verify -n vch1', 'in a script'],
  ],
  exits: {0: 'it is so', 1: 'the time is up, or it could not be looked at'},
  async run(session, {context, settings, user, runId, line}, {own}) {
    const [{composeTool, composeVch}, {vchSummary}, {waitFor}, registry] = await Promise.all([
      import('../compose-report.js'),
      import('../../appliance/upgrade-lock.js'),
      import('../../vch-upgrade/wait-for.js'),
      context.registry(own.plugins),
    ]);
    const goal = own.for ?? 'ready';
    const {vch, isMet, waitingFor, milliseconds} = await waitFor(session, {
      goal,
      timeout: own.timeout,
      vch: settings.vch,
      registry,
      runId,
      user,
      toolVersion: context.version,
      parallelism: DEFAULT_PARALLELISM,
      signal: context.stop.signal,
      log: context.log,
    });
    const named = {...composeVch(vchSummary(vch)), nameIsUnique: true};
    const document = {
      schema: 'vch-migrate/wait/v1' as const,
      tool: composeTool(context.version),
      target: targetOf(session),
      vch: composeVch(vchSummary(vch)),
      for: goal,
      met: isMet,
      seconds: Math.round(milliseconds / 1000),
      waitingFor: waitingFor === '' ? null : waitingFor,
      next: line(isMet && goal === 'verified' ? 'status' : isMet ? 'verify' : 'wait', named),
    };
    const took = durationText(milliseconds);
    const said = isMet
      ? `${named.name} is ${goal} (waited ${took})${waitingFor === '' ? '' : `; ${waitingFor}`}.`
      : `${named.name} is not ${goal} after ${took}; still waiting for ${waitingFor}`;
    return {document, text: () => [[said]], ...(isMet ? {} : {exit: EXIT.failed})};
  },
});
