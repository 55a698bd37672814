import {credentials} from '../../fleet/credentials.js';
import type {QueueDatabase} from '../../fleet/queue.js';
import {readStalled, stalledWords} from '../../fleet/stalled.js';
import {minorOf} from '../../fleet/version.js';
import {listRuns} from '../../fleet/view.js';
import {FleetWorker, isAtRest} from '../../fleet/worker.js';
import type {Command} from '../command.js';
import type {workerOptions} from '../commands/fleet/options.js';
import type {RunContext} from '../context.js';
import type {Values} from '../option.js';
import {fleetHands} from './hands.js';
import type {OpenFleet} from './open-fleet.js';

type Own = Values<typeof workerOptions>;

/** Where this process finds logins by name. */
export function loginsHere(own: Own, {terminal}: RunContext) {
  return credentials({
    file: own['credentials-file'],
    program: own['credentials-program'],
    variables: terminal.variables,
  });
}

/** Works on VCHs: until the signal, or until the named run, or every run, does not go on: by itself, or for want of what no worker has. */
export async function workOnFleet(
  {db, database}: OpenFleet & {readonly db: QueueDatabase},
  context: RunContext,
  own: Own,
  {
    commands,
    until,
  }: {readonly commands: readonly Command[]; readonly until: 'signal' | 'rest' | {readonly run: string}},
): Promise<'rests' | 'stalled'> {
  const {log, stop, version} = context;
  const worker = await FleetWorker.start({
    ...{db, log, tool: version, only: own.vcenter, isoFolder: own['iso-dir']},
    ...{findLogin: loginsHere(own, context), hands: fleetHands(context, commands), now: context.now},
  });
  let left = false;
  const idle = async () => {
    left = false;
    // Runs of another release are left alone here, and may never end.
    const ours = async () =>
      (await listRuns(database)).filter(({tool}) => minorOf(tool) === minorOf(version));
    const runs = typeof until === 'object' ? [until.run] : (await ours()).map(({id}) => id);
    for (const run of runs) {
      if (await isAtRest(database, run)) continue;
      const {stalled, all} = await readStalled(database, run);
      if (!all) return false;
      log.warn(`the run ${run} is not at its end: ${stalledWords(stalled)}`);
      left = true;
    }
    return true;
  };
  log.info(`the worker ${worker.id} is at work`);
  try {
    await worker.work(stop.signal, until === 'signal' ? undefined : idle);
  } finally {
    await worker.stop();
    log.info(`the worker ${worker.id} has ended`);
  }
  return left ? 'stalled' : 'rests';
}
