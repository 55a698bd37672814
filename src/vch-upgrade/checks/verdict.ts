import {type ErrorCode, VchError} from '../../errors.js';

/** One thing that was looked at before an upgrade. */
export interface Check extends Verdict {
  readonly id: string;
  readonly title: string;
}

/** What looking at it came to. `warning`: an upgrade goes on; `failed`: it does not begin. */
export interface Verdict {
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
}

export function ok(message: string): Verdict {
  return {status: 'ok', message};
}

export function warning(message: string): Verdict {
  return {status: 'warning', message};
}

export function failed(message: string): Verdict {
  return {status: 'failed', message};
}

/** What the server does not let us see. */
const NOT_SEEN: ReadonlySet<ErrorCode> = new Set([
  'VCH_ERR_PRIVILEGE',
  'VCH_ERR_VIM_FAULT',
  'VCH_ERR_HOST_UNREACHABLE',
]);
/** The server itself is gone, or we are: nothing more can be looked at. */
const OVER: ReadonlySet<ErrorCode> = new Set([
  'VCH_ERR_AUTH',
  'VCH_ERR_TLS',
  'VCH_ERR_TRANSPORT',
  'VCH_ERR_TIMEOUT',
  'VCH_ERR_INTERRUPTED',
]);

/** Makes a check. One that cannot be made is a warning that says so. */
export async function check(
  id: string,
  title: string,
  judge: () => Verdict | Promise<Verdict>,
): Promise<Check> {
  try {
    return {id, title, ...(await judge())};
  } catch (error) {
    if (!(error instanceof VchError) || OVER.has(error.code)) throw error;
    if (NOT_SEEN.has(error.code))
      return {id, title, ...warning(`this could not be looked at: ${error.message}`)};
    return {id, title, ...failed(`${error.code}: ${error.message}`)};
  }
}

/** `1 containerVM`, `2 containerVMs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const NAMED = 5;

/** VIC's display names end in a container's whole id, of which its first part tells enough. */
function shortened(displayName: string): string {
  return displayName.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}

/** The first few by name: `web (vm-13), db (vm-14) and 7 more`. */
export function named(vms: readonly {readonly displayName: string; readonly id: string}[]): string {
  const names = vms.slice(0, NAMED).map(({displayName, id}) => `${shortened(displayName)} (${id})`);
  return `${names.join(', ')}${vms.length > NAMED ? ` and ${vms.length - NAMED} more` : ''}`;
}
