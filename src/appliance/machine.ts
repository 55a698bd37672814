import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import {systemCode} from '../errors.js';

/** What must be equal for two process ids to belong to one process table; `null` if it cannot be read. */
export interface Machine {
  readonly host: string;
  /** Identifies one boot of the machine. */
  readonly boot: string | null;
  /** Identifies a process table: containers on one machine, perhaps with one host name, have their own. */
  readonly pidNamespace: string | null;
}

/** This machine. */
export function thisMachine(): Machine {
  return {
    host: hostname(),
    boot: textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: textOf(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** When a process was started, according to the kernel; `null` if that cannot be read. Process ids are reused. */
export function processStart(pid: number): string | null {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may contain anything; the start time is the 20th field after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

/** This process, as the owner of a lease names it: whoever reads it on the same machine can tell if it is still running. */
export function thisProcess() {
  return {...thisMachine(), pid: process.pid, started: processStart(process.pid)};
}

/** Whether a process on that machine is alive; `unknown` unless it is certain that it is the same process. */
export function processState(
  machine: Machine,
  {pid, started}: {readonly pid: number; readonly started: string | null},
): 'alive' | 'gone' | 'unknown' {
  const here = thisMachine();
  if (machine.host !== here.host || machine.boot === null || machine.pidNamespace === null) return 'unknown';
  if (machine.boot !== here.boot || machine.pidNamespace !== here.pidNamespace) return 'unknown';
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'unknown';
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return 'gone';
  }
  const now = processStart(pid);
  if (started === null || now === null) return 'unknown';
  return now === started ? 'alive' : 'gone';
}

function textOf(read: () => string): string | null {
  try {
    return read().trim();
  } catch {
    return null;
  }
}

/** The user who runs this process: a name, or the user id if the system has no name for it. */
export function processUser(): string {
  return textOf(() => userInfo().username) ?? String(process.getuid?.() ?? 'unknown');
}
