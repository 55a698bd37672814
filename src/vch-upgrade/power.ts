import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {mayHaveLost, reach} from '../appliance/retry.js';
import {hasCode, toVchError, type VchError} from '../errors.js';
import {powerOff, powerOn, shutdownGuest} from '../vim25/power.js';
import {settle} from '../vim25/recent-tasks.js';
import type {VchContext} from './context.js';

export const GRACE = 60_000;
const POLL = 1_000;

/** Powers the appliance off: its guest shuts down, or is cut off when it takes too long. */
export function ensurePoweredOff(context: VchContext): Promise<void> {
  const {writer, session, vch} = context;
  return writer.inTurn(async () => {
    if (await isOff(context)) return;
    await shutDown(context);
    await reach(
      async () => ((await isOff(context)) ? true : null),
      async () => {
        await context.assertOurs();
        context.note({
          effect: 'PowerOffVM_Task',
          object: vch.ref.value,
          detail: 'the guest did not shut down by itself',
        });
        await writer.waiter.wait(await powerOff(session, vch.ref), `powering off ${context.label}`);
      },
      mayBeThere,
    );
  });
}

/** Powers the appliance on. */
export function ensurePoweredOn(context: VchContext): Promise<void> {
  const {writer, session, vch} = context;
  return writer.inTurn(async () => {
    await reach(
      async () => ((await powerState(context)) === 'poweredOn' ? true : null),
      async () => {
        await context.assertOurs();
        context.note({effect: 'PowerOnVM_Task', object: vch.ref.value, detail: 'powering the appliance on'});
        await writer.waiter.wait(await powerOn(session, vch.ref), `powering on ${context.label}`);
      },
      mayBeThere,
    );
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
    options.log.info(
      `the guest of ${context.label} cannot be asked to shut down: ${toVchError(error).message}`,
    );
    if (!hasCode(error, 'VCH_ERR_TRANSPORT') && !hasCode(error, 'VCH_ERR_TIMEOUT')) return;
  }
  const end = performance.now() + (options.shutdownGrace ?? GRACE);
  while (performance.now() < end) {
    if (await isOff(context)) return;
    await setTimeout(Math.min(options.poll ?? POLL, Math.max(end - performance.now(), 1)));
  }
  options.log.info(`the guest of ${context.label} did not shut down in time; its power is taken`);
}

async function isOff(context: VchContext): Promise<boolean> {
  return (await powerState(context)) === 'poweredOff';
}

/** After an answer that was lost, a task may still be on its way. */
async function powerState(context: VchContext): Promise<string | null> {
  await settle(context.session, context.vch.ref);
  return (await context.writer.read()).powerState;
}

/** InvalidPowerState: it got there before us. */
function mayBeThere(failure: VchError): boolean {
  return mayHaveLost(failure) || failure.fault === 'InvalidPowerState';
}
