/** Every error code; part of the contract of the command line, the reports and the library. */
export const ERROR_CODES = [
  'VCH_ERR_USAGE',
  'VCH_ERR_AUTH',
  'VCH_ERR_TLS',
  'VCH_ERR_TRANSPORT',
  'VCH_ERR_VIM_FAULT',
  'VCH_ERR_PRIVILEGE',
  'VCH_ERR_HOST_UNREACHABLE',
  'VCH_ERR_VCH_NOT_FOUND',
  'VCH_ERR_LOCKED',
  'VCH_ERR_LOCK_LOST',
  'VCH_ERR_DATA_TOO_NEW',
  'VCH_ERR_DATA_VERSION_INVALID',
  'VCH_ERR_NAME_MISSING',
  'VCH_ERR_NAME_INVALID',
  'VCH_ERR_CONTAINER_NOT_FOUND',
  'VCH_ERR_PLUGIN_INVALID',
  'VCH_ERR_PLUGIN_FAILED',
  'VCH_ERR_LEDGER_INVALID',
  'VCH_ERR_PLAN_STALE',
  'VCH_ERR_CONFLICT',
  'VCH_ERR_NEEDS_POWER_OFF',
  'VCH_ERR_OUTCOME_UNKNOWN',
  'VCH_ERR_RENAME_DISABLED',
  'VCH_ERR_TIMEOUT',
  'VCH_ERR_VERIFY',
  'VCH_ERR_ROLLBACK_FAILED',
  'VCH_ERR_INTERRUPTED',
  'VCH_ERR_INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * What a failed request means for trying again. It is decided where the failure is seen, and read by `retry` alone.
 *
 * - `final`: trying again gives the same answer, and nothing was done.
 * - `doubtful`: trying again gives the same answer, but it does not prove that nothing was done; look once more.
 * - `not-sent`: the request did not reach the server.
 * - `maybe-done`: the request may have been carried out; look before you try again.
 * - `moved-on`: the object has changed since it was read; decide again on a new reading.
 * - `busy`: the server refused it for now.
 */
export type FailureClass = 'final' | 'doubtful' | 'not-sent' | 'maybe-done' | 'moved-on' | 'busy';

export interface VchErrorOptions {
  /** What caused it. Never an error object of the HTTP or SOAP library: it holds the request, and with it the password. */
  readonly cause?: unknown;
  /** The vSphere fault's own type name, as vim25 spells it: `ConcurrentAccess`, `NoPermission`. */
  readonly fault?: string | undefined;
  /** `final` unless it says otherwise. */
  readonly failure?: FailureClass;
}

/**
 * The one failure of this project. `message` is one sentence or two: what happened, to which object, and
 * the next command to run.
 */
export class VchError extends Error {
  override readonly name = 'VchError';
  readonly code: ErrorCode;
  readonly fault: string | undefined;
  readonly failure: FailureClass;

  constructor(code: ErrorCode, message: string, options: VchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.code = code;
    this.fault = options.fault;
    this.failure = options.failure ?? 'final';
  }
}

/** The same error without its stack, which takes more memory than all else that is known of a VM. */
export function stackless(error: VchError): VchError {
  error.stack = error.message;
  return error;
}

/** Tells whether a caught value is a VchError with that code. */
export function hasCode(error: unknown, code: ErrorCode): error is VchError {
  return error instanceof VchError && error.code === code;
}

/** The message of what was thrown, which may be anything: an object that cannot even be made a string, too. */
export function thrownMessage(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return `a value that has no text (${typeof thrown})`;
  }
}

/** The type and the message of what was thrown. */
export function thrownText(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrownMessage(thrown)}` : thrownMessage(thrown);
}

/** The code of a system error, such as `ENOENT`; `unknown reason` if a caught value has none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && error.code !== undefined
    ? String(error.code)
    : 'unknown reason';
}

/** A caught value as a VchError. Any other error is a defect of this tool, and the message says so. */
export function toVchError(error: unknown): VchError {
  if (error instanceof VchError) return error;
  return new VchError(
    'VCH_ERR_INTERNAL',
    `a defect of vch-migrate: ${thrownText(error)}; please report it with the output of the same command with --debug`,
    {cause: error},
  );
}
