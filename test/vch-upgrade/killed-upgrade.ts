import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import type {StepName} from '../../src/vch-upgrade/steps.js';
import {APPLIANCE, upgradableVch} from './upgradable-vch.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const READING = /^(Retrieve|Continue|Cancel|Create.*View|DestroyView|CurrentTime|Login|Logout)/;

/** A simulator for the time of a callback, with a VCH that can be upgraded. */
export async function withVch<T>(use: (simulator: Simulator) => Promise<T>): Promise<T> {
  const simulator = await startSimulator({fixture: upgradableVch(), taskDuration: [0, 1]});
  try {
    return await use(simulator);
  } finally {
    await simulator.close();
  }
}

/** When in a phase: at its first call, or at its first writing one, which is carried out. */
export type Moment = 'at its begin' | 'while it writes';

/** Runs a command over the VCH in a process of its own, and kills it when the lock on the appliance says that phase. */
export async function killIn(
  simulator: Simulator,
  {phase, moment}: {readonly phase: StepName; readonly moment: Moment},
  args: readonly string[],
): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args, '--id', APPLIANCE, '--yes', '--quiet'], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      GOVC_URL: simulator.url,
      GOVC_USERNAME: simulator.user,
      GOVC_PASSWORD: simulator.password,
      GOVC_INSECURE: '1',
    },
  });
  const ended = once(child, 'exit');
  simulator.addFault({
    method: '*',
    before: ({method}) => {
      if (moment === 'while it writes' && READING.test(method)) return;
      if (phaseOf(simulator) === phase) child.kill('SIGKILL');
    },
  });
  const [code, signal] = await ended;
  simulator.clearFaults();
  if (signal !== 'SIGKILL') throw new Error(`it ended with ${code ?? signal} before the phase ${phase}`);
}

/** The phase that the lock on the appliance says. */
export function phaseOf(simulator: Simulator): string | null {
  const lock = simulator.inventory.vm(APPLIANCE).extraConfig()['vch-migrate/lock'];
  return lock === undefined ? null : JSON.parse(lock).phase;
}
