import {readFileSync, readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';

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

/** Whether a process of that machine lives: `unknown` wherever it is not certain that it is this one. */
export function processState(machine: Machine, pid: number): 'alive' | 'gone' | 'unknown' {
  const here = thisMachine();
  if (machine.host !== here.host || machine.boot === null || machine.pidNamespace === null) return 'unknown';
  if (machine.boot !== here.boot || machine.pidNamespace !== here.pidNamespace) return 'unknown';
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'unknown';
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    // It is there, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'gone' : 'alive';
  }
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
