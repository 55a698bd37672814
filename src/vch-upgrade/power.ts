import {toVchError} from '../errors.js';
import {POWER, waitUntil} from '../vim25/retry.js';
import {waitUntilIdle} from '../vim25/tasks.js';
import {powerOff, powerOn, shutdownGuest} from '../vim25/virtual-machine.js';
import {runUntil} from './appliance-task.js';
import type {LockedVch} from './vch-target.js';

export const GRACE = 60_000;
const POLL = 1_000;

/** Powers the appliance off: its guest shuts down, or its power is cut if that takes too long. */
export function ensurePoweredOff(locked: LockedVch): Promise<void> {
  return locked.writer.inTurn(async () => {
    if (await isOff(locked)) return;
    locked.outage?.asked();
    await shutDown(locked);
    await change(locked, 'poweredOff');
  });
}

/** Powers the appliance on. */
export function ensurePoweredOn(locked: LockedVch): Promise<void> {
  return locked.writer.inTurn(() => change(locked, 'poweredOn'));
}

const TASKS = {
  poweredOff: {
    effect: 'PowerOffVM_Task',
    detail: 'the guest did not shut down by itself',
    what: 'powering off',
    start: powerOff,
  },
  poweredOn: {
    effect: 'PowerOnVM_Task',
    detail: 'powering the appliance on',
    what: 'powering on',
    start: powerOn,
  },
};

async function change(locked: LockedVch, wanted: keyof typeof TASKS): Promise<void> {
  const {session, vch, label} = locked;
  const {what, start, ...effect} = TASKS[wanted];
  const task = {
    ...effect,
    object: vch.ref.value,
    what: `${what} ${label}`,
    start: () => start(session, vch.ref),
  };
  await runUntil(locked, POWER, task, async () => (await readPower(locked)) === wanted || null);
}

async function shutDown(locked: LockedVch): Promise<void> {
  const {session, vch, options} = locked;
  await locked.assertOurs();
  locked.note({effect: 'ShutdownGuest', object: vch.ref.value, detail: 'asking the guest to shut down'});
  try {
    await shutdownGuest(session, vch.ref);
  } catch (error) {
    // Without VMware Tools, or without the privilege to ask the guest, its power is cut.
    const {failure, fault, code, message} = toVchError(error);
    const isRefused = failure !== 'maybe-done' && failure !== 'not-sent';
    options.log.info(
      `the guest of ${locked.label} cannot be asked to shut down (${fault ?? code})${isRefused ? '; its power is cut' : ''}`,
    );
    options.log.debug(message);
    if (isRefused) return;
  }
  const grace = {every: options.poll ?? POLL, within: options.shutdownGrace ?? GRACE};
  const off = await waitUntil(session, grace, async () => (await isOff(locked)) || null);
  if (off === null)
    options.log.info(`the guest of ${locked.label} did not shut down in time; its power is cut now`);
}

/** A task whose answer was lost may still be running. */
async function isOff(locked: LockedVch): Promise<boolean> {
  await waitUntilIdle(locked.session, locked.vch.ref);
  return (await readPower(locked)) === 'poweredOff';
}

async function readPower({writer, outage}: LockedVch): Promise<string | null> {
  const {powerState} = await writer.read();
  if (powerState === 'poweredOff') outage?.off();
  return powerState;
}
