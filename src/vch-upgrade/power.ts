import {toVchError} from '../errors.js';
import {POWER, waitUntil} from '../vim25/retry.js';
import {waitUntilIdle} from '../vim25/tasks.js';
import {powerOff, powerOn, shutdownGuest} from '../vim25/virtual-machine.js';
import {runUntil} from './appliance-task.js';
import type {VchContext} from './context.js';

export const GRACE = 60_000;
const POLL = 1_000;

/** Powers the appliance off: its guest shuts down, or its power is cut if that takes too long. */
export function ensurePoweredOff(context: VchContext): Promise<void> {
  return context.writer.inTurn(async () => {
    if (await isOff(context)) return;
    await shutDown(context);
    await change(context, 'poweredOff');
  });
}

/** Powers the appliance on. */
export function ensurePoweredOn(context: VchContext): Promise<void> {
  return context.writer.inTurn(() => change(context, 'poweredOn'));
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

async function change(context: VchContext, wanted: keyof typeof TASKS): Promise<void> {
  const {session, vch, writer, label} = context;
  const {what, start, ...effect} = TASKS[wanted];
  const task = {
    ...effect,
    object: vch.ref.value,
    what: `${what} ${label}`,
    start: () => start(session, vch.ref),
  };
  await runUntil(context, POWER, task, async () => (await writer.read()).powerState === wanted || null);
}

async function shutDown(context: VchContext): Promise<void> {
  const {session, vch, options} = context;
  await context.assertOurs();
  context.note({effect: 'ShutdownGuest', object: vch.ref.value, detail: 'asking the guest to shut down'});
  try {
    await shutdownGuest(session, vch.ref);
  } catch (error) {
    // Without VMware Tools, or without the privilege to ask the guest, its power is cut.
    const {failure, message} = toVchError(error);
    options.log.info(`the guest of ${context.label} cannot be asked to shut down: ${message}`);
    if (failure !== 'maybe-done' && failure !== 'not-sent') return;
  }
  const grace = {every: options.poll ?? POLL, within: options.shutdownGrace ?? GRACE};
  const off = await waitUntil(session, grace, async () => (await isOff(context)) || null);
  if (off === null)
    options.log.info(`the guest of ${context.label} did not shut down in time; its power is cut now`);
}

/** A task whose answer was lost may still be running. */
async function isOff({session, vch, writer}: VchContext): Promise<boolean> {
  await waitUntilIdle(session, vch.ref);
  return (await writer.read()).powerState === 'poweredOff';
}
