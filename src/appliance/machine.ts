import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import {systemCode} from '../errors.js';

/** What must be the same for two process ids to mean the same process table; `null` where it cannot be told. */
export interface Machine {
  readonly host: string;
  /** One start of the machine. */
  readonly boot: string | null;
  /** One table of process ids: containers of a machine have their own, under one kernel and perhaps one name. */
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

/** When a process was started, by the kernel's own count; `null` where it cannot be told. Pids are used again. */
export function processStart(pid: number): string | null {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may hold anything; the start is the 20th field behind it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

/** Whether a process of that machine lives: `unknown` wherever it is not certain that it is that very process. */
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

/** Who runs this process; a user id where the system has no name for it. */
export function processUser(): string {
  return textOf(() => userInfo().username) ?? String(process.getuid?.() ?? 'unknown');
}
