import {processState, thisProcess} from '../appliance/machine.js';
import {count, fields, flag, nullable, parseJson, type ShapeOf, text} from '../json-shape.js';

/** What a VM on which a doctor works has under its key: whose it is. */
export type Mark = ShapeOf<typeof SHAPE>;
const SHAPE = fields(
  {run: text, instanceUuid: text},
  {
    /** The VM is the user's own. */
    named: flag,
    host: text,
    boot: nullable(text),
    pidNamespace: nullable(text),
    pid: count,
    /** When the process was started, according to its kernel. */
    started: nullable(text),
  },
);

/** The mark of a run of this process. */
export function markOf(run: string, instanceUuid: string, named: boolean): string {
  return JSON.stringify({run, instanceUuid, ...(named && {named}), ...thisProcess()});
}

/** `null` if it is none of ours. */
export function readMark(raw: string): Mark | null {
  return parseJson(raw, SHAPE).value;
}

/** Whether the doctor that made a mark still runs; `unknown` where that cannot be seen from here. */
export function ownerOf({host, boot = null, pidNamespace = null, pid, started = null}: Mark) {
  // A run in this very process may have ended.
  if (host === undefined || pid === undefined || pid === process.pid) return 'unknown';
  return processState({host, boot, pidNamespace}, {pid, started});
}
