import {toVchError} from '../errors.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {POWER, retried, waitUntil} from '../vim25/retry.js';
import {settle} from '../vim25/tasks.js';
import {powerOff, powerOn, shutdownGuest} from '../vim25/virtual-machine.js';
import type {VchContext} from './context.js';

export const GRACE = 60_000;
const POLL = 1_000;

/** Powers the appliance off: its guest shuts down, or is cut off when it takes too long. */
export function ensurePoweredOff(context: VchContext): Promise<void> {
  return context.writer.inTurn(async () => {
    if (await isOff(context)) return;
    await shutDown(context);
    await bringTo(context, 'poweredOff', {
      effect: 'PowerOffVM_Task',
      detail: 'the guest did not shut down by itself',
      what: 'powering off',
      start: () => powerOff(context.session, context.vch.ref),
    });
  });
}

/** Powers the appliance on. */
export function ensurePoweredOn(context: VchContext): Promise<void> {
  return context.writer.inTurn(() =>
    bringTo(context, 'poweredOn', {
      effect: 'PowerOnVM_Task',
      detail: 'powering the appliance on',
      what: 'powering on',
      start: () => powerOn(context.session, context.vch.ref),
    }),
  );
}

interface PowerCall {
  readonly effect: string;
  readonly detail: string;
  readonly what: string;
  start(): Promise<ManagedObjectReference>;
}

async function bringTo(context: VchContext, wanted: string, call: PowerCall): Promise<void> {
  const {session, writer, vch, label} = context;
  await retried<true, true>(session, POWER, {
    look: async () => ((await powerState(context)) === wanted ? {done: true} : {act: true}),
    async act() {
      await context.assertOurs();
      context.note({effect: call.effect, object: vch.ref.value, detail: call.detail});
      await writer.waiter.wait(await call.start(), `${call.what} ${label}`);
      return undefined;
    },
  });
}

async function shutDown(context: VchContext): Promise<void> {
  const {session, vch, options} = context;
  await context.assertOurs();
  context.note({effect: 'ShutdownGuest', object: vch.ref.value, detail: 'asking the guest to shut down'});
  try {
    await shutdownGuest(session, vch.ref);
  } catch (error) {
    // Without tools, or where this user may not ask the guest, there is the hard way.
    const {failure, message} = toVchError(error);
    options.log.info(`the guest of ${context.label} cannot be asked to shut down: ${message}`);
    if (failure !== 'maybe-done' && failure !== 'not-sent') return;
  }
  const {clock} = session;
  const grace = {every: options.poll ?? POLL, within: options.shutdownGrace ?? GRACE};
  const off = await waitUntil({clock}, grace, async () => ((await isOff(context)) ? true : null));
  if (off === null)
    options.log.info(`the guest of ${context.label} did not shut down in time; its power is cut now`);
}

async function isOff(context: VchContext): Promise<boolean> {
  return (await powerState(context)) === 'poweredOff';
}

/** After an answer that was lost, a task may still be on its way. */
async function powerState(context: VchContext): Promise<string | null> {
  await settle(context.session, context.vch.ref);
  return (await context.writer.read()).powerState;
}
