import {createHash} from 'node:crypto';
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
  type ShapeOf,
  text,
  whole,
} from '../json-shape.js';
import type {Session} from '../vim25/session.js';

/** What `doctor` found, without names, addresses or values of the target. */
export type DoctorResult = ShapeOf<typeof resultShape>;
export const resultShape = fields({
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
    fields({
      id: text,
      title: text,
      status: oneOf(['confirmed', 'refuted', 'not-tried']),
      seen: text,
      meaning: text,
      /** Commands that refuse because of it; empty unless it is refuted. */
      stops: list(text),
    }),
  ),
  measured: fields({
    /** Milliseconds by which the server's clock is ahead. */
    clockDifference: nullable(whole),
    /** Milliseconds that one reconfiguration takes. */
    reconfigure: nullable(count),
    /** Reconfigurations a second, by how many run at once. */
    parallel: list(fields({atOnce: count, perSecond: count})),
    recommendedParallelism: nullable(count),
  }),
  /** Scratch VMs of earlier runs that are still there, and must not be removed without a person. */
  leftovers: count,
});

/** Identifies a server in one build. */
export function serverDigest({about, url}: Pick<Session, 'about' | 'url'>): string {
  const identity = `${about.instanceUuid ?? url.host}:${about.build}`;
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** Reads what a doctor wrote. */
export function parseResult(json: string, path: string): DoctorResult {
  const {value, fault} = parseJson(json, resultShape);
  if (fault === null) return value;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${path} is no result of vch-migrate doctor: ${fault}; make one with vch-migrate doctor --report FILE.json`,
  );
}

/** Why a command must not run on that server; `null` if nothing speaks against it. */
export function refusal(result: DoctorResult, command: string, where: string): VchError | null {
  const found = result.assumptions.filter(
    ({status, stops}) => status === 'refuted' && stops.includes(command),
  );
  const [first] = found;
  if (first === undefined) return null;
  const others = found.length === 1 ? '' : ` (and ${found.length - 1} more)`;
  return new VchError(
    'VCH_ERR_VIM_FAULT',
    `${command} stands on this: ${first.title}. vch-migrate doctor has found at ${result.at} that it does not hold here: ${first.seen}${others}. ` +
      `${first.meaning} Nothing was written. If the server has changed since, look again with vch-migrate doctor --scratch; the result is ${where}`,
    {fault: 'NotSupported'},
  );
}
