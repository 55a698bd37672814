import {counted} from '../../../counted.js';
import {VchError} from '../../../errors.js';
import type {FleetCommand} from '../../../report/fleet/report.js';
import {FLEET_FORMATS} from '../../../report/formats.js';
import {localCommand} from '../../command.js';
import {EXIT, EXIT_MEANINGS} from '../../exit.js';
import {flag, type OptionSet, type Values} from '../../option.js';
import {outputOptions} from '../../options.js';
import {databaseOptions, detach, FLEET, newRunOptions, workerOptions, yes} from './options.js';

const startOptions = {...newRunOptions, ...databaseOptions, ...workerOptions, yes, detach};

/** Commands that change the fleet, or look at all of it: each makes a run and follows it. */
function startCommand<More extends OptionSet>(
  command: Exclude<FleetCommand, 'plan'>,
  summary: string,
  more: More,
) {
  return localCommand({
    name: `fleet ${command}`,
    group: FLEET,
    summary,
    positionals: [{name: 'RUN', optional: true}],
    options: {...startOptions, ...more, ...outputOptions},
    formats: FLEET_FORMATS,
    exits: EXIT_MEANINGS.fleet,
    examples: [
      [
        `fleet ${command} --inventory fleet.yaml --credentials-file logins.yaml`,
        'plan, ask, and work in this process until it is done, held, or waits for approval',
      ],
      [`fleet ${command} ${command}-20261126-3f2a --yes`, `start what fleet plan has frozen`],
    ],
    async run(context, {args: [planned = ''], own: all, commands}) {
      const own: Values<typeof startOptions> = all;
      const [
        {followRunToRest},
        {isEmbedded, whoami, withWorkingFleet},
        {startRun},
        {findRun},
        {workOnFleet},
      ] = await Promise.all([
        import('../../fleet/follow.js'),
        import('../../fleet/open-fleet.js'),
        import('../../../fleet/control.js'),
        import('../../../fleet/view.js'),
        import('../../fleet/work.js'),
      ]);
      refuseUnasked(command, own, context.terminal.interactive, planned);
      const embedded = isEmbedded(own, context);
      if (own.detach && embedded)
        throw new VchError(
          'VCH_ERR_USAGE',
          '--detach leaves the run to workers elsewhere, which takes --database; nothing was read or written',
        );
      return withWorkingFleet(own, context, async (fleet) => {
        const run =
          planned === ''
            ? await newRun(context, fleet, own, command, commands)
            : await findRun(fleet.database, planned);
        if (!(await agreed(context, fleet, run, command, {yes: own.yes, embedded}))) return EXIT.failed;
        const {message} = await startRun(fleet.database, run, {who: whoami()});
        context.log.info(message);
        if (embedded) {
          const working = workOnFleet(fleet, context, own, {commands, until: {run}});
          return followRunToRest(fleet, context, run, {working});
        }
        if (!own.detach) return followRunToRest(fleet, context, run);
        const [{publishRun, reportOfRun}] = await Promise.all([import('../../fleet/follow.js')]);
        return publishRun(fleet, await reportOfRun(fleet, context, run), context);
      });
    },
  });
}

type Context = Parameters<Parameters<typeof localCommand>[0]['run']>[0];
type Fleet = import('../../fleet/open-fleet.js').OpenFleet;

async function newRun(
  context: Context,
  fleet: Fleet,
  own: Values<typeof newRunOptions & typeof workerOptions>,
  command: FleetCommand,
  commands: readonly import('../../command.js').Command[],
): Promise<string> {
  const [{planFleet}, {requireInventory}, {loginsHere}, {createRun}] = await Promise.all([
    import('../../fleet/plan-fleet.js'),
    import('../../fleet/inventory-file.js'),
    import('../../fleet/work.js'),
    import('../../../fleet/store.js'),
  ]);
  const run = await planFleet(context, {
    ...{command, commands, findLogin: loginsHere(own, context), inventory: requireInventory(own.inventory)},
    options: {timeout: own.timeout, parallelism: own.parallelism},
    changeId: own['change-id'],
    only: own.vcenter,
  });
  return createRun(fleet.database, run);
}

function refuseUnasked(
  command: FleetCommand,
  {yes: agreed, inventory}: Values<typeof startOptions>,
  interactive: boolean,
  planned: string,
): void {
  if (planned !== '' && inventory !== undefined)
    throw new VchError(
      'VCH_ERR_USAGE',
      `fleet ${command} takes a planned RUN, or --inventory to plan one; not both`,
    );
  if (agreed || interactive || command === 'verify') return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `fleet ${command} writes, and without a terminal it cannot ask first; nothing was read or written. To continue: the same command with --yes`,
  );
}

/** Asks before a run that writes begins; what the run will do is shown first. */
async function agreed(
  context: Context,
  fleet: Fleet,
  run: string,
  command: FleetCommand,
  {yes: isAgreed, embedded}: {readonly yes: boolean; readonly embedded: boolean},
): Promise<boolean> {
  const {terminal, log, stop} = context;
  const [{reportOfRun}, {minorOf}, {fleetText}, {printable}] = await Promise.all([
    import('../../fleet/follow.js'),
    import('../../../fleet/version.js'),
    import('../../../report/fleet/text.js'),
    import('../../../report/printable.js'),
  ]);
  const report = await reportOfRun(fleet, context, run);
  if (report.run.command !== command)
    throw new VchError(
      'VCH_ERR_USAGE',
      `the run ${run} is one of ${report.run.command}: ${fleet.line(`${report.run.command} ${run}`)}`,
    );
  // With PostgreSQL, workers of that release may be elsewhere.
  if (embedded && minorOf(report.run.tool) !== minorOf(context.version))
    throw new VchError(
      'VCH_ERR_USAGE',
      `the run ${run} was planned by vch-migrate ${report.run.tool}, and this is ${context.version}: use that release, or plan again with ${fleet.line(`${command} --inventory FILE`)}`,
    );
  if (isAgreed || command === 'verify' || report.run.state !== 'planned') return true;
  terminal.errors.write(fleetText(report, {columns: terminal.columns, colour: false}));
  const {total} = report.summary;
  const answer = await terminal.ask(
    `fleet ${command} on ${counted(total, 'VCH')} in ${counted(report.waves.length, 'wave')}, the first ${printable(report.waves[0]?.name ?? '')}. To continue, type the number of VCHs (${total}): `,
    stop.signal,
  );
  if (answer.trim() === String(total)) return true;
  log.warn(`nothing was started; the plan is kept: ${fleet.line(`${command} ${run}`)}`);
  return false;
}

export const fleetApply = startCommand(
  'apply',
  'Run the container plugins on the VCHs of an inventory, wave by wave',
  {},
);
export const fleetUpgrade = startCommand(
  'upgrade',
  'Upgrade the VCHs of an inventory, wave by wave, each as vch-migrate upgrade does',
  {},
);
export const fleetVerify = startCommand(
  'verify',
  'Check the live containerVMs of all VCHs against their goal',
  {},
);
export const fleetRollback = startCommand(
  'rollback',
  'Roll back the last upgrade of the VCHs of an inventory, wave by wave',
  {},
);

/** Makes a run, and starts nothing. */
export const fleetPlan = localCommand({
  name: 'fleet plan',
  group: FLEET,
  summary:
    'Freeze what a run will do: the VCHs found, their waves, the ISO files and a plan for each VCH; writes nothing',
  options: {
    ...newRunOptions,
    ...databaseOptions,
    ...workerOptions,
    apply: flag('Command:', 'Plan fleet apply, which changes the containerVMs alone'),
    rollback: flag('Command:', 'Plan fleet rollback'),
    ...outputOptions,
  },
  formats: FLEET_FORMATS,
  exits: EXIT_MEANINGS.fleetPlan,
  examples: [
    [
      'fleet plan --inventory fleet.yaml --credentials-file logins.yaml',
      'what fleet upgrade would do, kept for it',
    ],
  ],
  async run(context, {own, commands}) {
    const [{publishRun, reportOfRun}, {withWorkingFleet}] = await Promise.all([
      import('../../fleet/follow.js'),
      import('../../fleet/open-fleet.js'),
    ]);
    if (own.apply && own.rollback)
      throw new VchError('VCH_ERR_USAGE', '--apply and --rollback exclude each other');
    const command = own.apply ? 'apply' : own.rollback ? 'rollback' : 'upgrade';
    return withWorkingFleet(own, context, async (fleet) => {
      const run = await newRun(context, fleet, own, command, commands);
      return publishRun(fleet, await reportOfRun(fleet, context, run), context);
    });
  },
});
