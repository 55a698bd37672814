import {VchError} from '../errors.js';
import {
  count,
  fields,
  flag,
  list,
  moment,
  nullable,
  oneOf,
  parseJson,
  record,
  type ShapeOf,
  text,
  whole,
} from '../json-shape.js';
import {isSeenInPlan, STANDS, standingOn} from './stands.js';

/** What `doctor` found, without names, addresses or values of the target. */
export type DoctorResult = ShapeOf<typeof resultShape>;
export const resultShape = fields(
  {
    schema: oneOf(['vch-migrate/doctor/v1']),
    tool: fields({name: oneOf(['vch-migrate']), version: text, dataVersion: count}),
    at: moment,
    /** Identifies the server and its build, and tells neither: a digest. */
    server: text,
    product: text,
    apiVersion: text,
    isVCenter: flag,
    /** Whether anything was written, on scratch VMs. */
    scratch: flag,
    assumptions: list(
      fields(
        {
          id: text,
          title: text,
          status: oneOf(['confirmed', 'refuted', 'not-tried']),
          seen: text,
          meaning: text,
          /** Commands that refuse because of it; empty unless it is refuted. */
          stops: list(text),
        },
        /** When it was tried: a result keeps what earlier runs have found. */
        {at: moment},
      ),
    ),
    measured: fields(
      {
        /** Milliseconds by which the server's clock is ahead. */
        clockDifference: nullable(whole),
        /** Milliseconds that one reconfiguration takes. */
        reconfigure: nullable(count),
        /** Reconfigurations a second, by how many run at once. */
        parallel: list(
          fields(
            {atOnce: count, perSecond: count},
            /** Of how many writes, how many of them failed, and by how many per cent the speed may be another one. */
            {writes: count, failed: count, plusMinus: count},
          ),
        ),
        recommendedParallelism: nullable(count),
      },
      {
        /** Writes that failed, by their fault or code. */
        failures: record(count),
        /** Whether the recommendation would be the same at either end of what was measured. */
        isSure: flag,
        at: moment,
      },
    ),
    /** Scratch VMs of earlier runs that are still there, and must not be removed without a person. */
    leftovers: count,
  },
  /** The fault or code of what kept it from being finished. */
  {unfinished: text},
);

/** The digest of a server that does not tell what it is: nothing is kept for it. */
export const UNKNOWN_SERVER = 'unknown';

/** Reads what a doctor wrote. */
export function parseResult(json: string, path: string): DoctorResult {
  const {value, fault} = parseJson(json, resultShape);
  if (fault === null) return value;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${path} is no result of vch-migrate doctor: ${fault}; make one with vch-migrate doctor --report FILE.json`,
  );
}

/** What was refuted, and where that is written. */
export interface Known {
  readonly result: DoctorResult;
  readonly where: string;
}

/** What of a plan decides whether a command needs what does not hold. */
export interface Planned {
  /** VMs that run and would be written to. */
  readonly running: readonly string[];
  readonly uploads: boolean;
}

/**
 * Why a command must not run on that server, or not carry out its plan; `null` if nothing speaks against it. `again` is the
 * command line that looks once more.
 */
export function refusal(
  {result, where}: Known,
  command: string,
  planned?: Planned,
): ((again: string) => VchError) | null {
  const found = result.assumptions.filter(({id, status, stops}) => {
    if (status !== 'refuted') return false;
    // Another release has rows of its own, and says itself whom they stop.
    if (standingOn(id).length === 0) return planned === undefined && stops.includes(command);
    if (STANDS[command]?.includes(id) !== true) return false;
    if (!isSeenInPlan(id, command)) return planned === undefined;
    return id === 'upload' ? planned?.uploads === true : (planned?.running.length ?? 0) > 0;
  });
  const [first] = found;
  if (first === undefined) return null;
  const others = found.length === 1 ? '' : ` (and ${found.length - 1} more)`;
  const running = planned?.running ?? [];
  const which =
    first.id === 'hidden-while-running' && running.length > 0 ? ` ${runningText(running)} on.` : '';
  return (again) =>
    new VchError(
      'VCH_ERR_VIM_FAULT',
      `${command} stands on this: ${first.title}. vch-migrate doctor has found at ${first.at ?? result.at} that it does not hold here: ${first.seen}${others}. ` +
        `${first.meaning}${which} Nothing was written. The result is ${where}. If the server has changed since, look again: ${again}`,
      {fault: 'NotSupported'},
    );
}

function runningText(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more} ${names.length === 1 ? 'is' : 'are'} powered`;
}
