import {
  count,
  fields,
  flag,
  list,
  nullable,
  oneOf,
  record,
  type Shape,
  ShapeMismatch,
  text,
} from '../json-shape.js';
import type {FleetRelease, TargetOutcome} from '../report/fleet/report.js';
import type {ReportSummary} from '../report/report.js';
import {DAYS, type Inventory} from './inventory.js';

// What the columns of JSON hold. Their defaults are there: the file's are filled in when it is read.

const VERSION: Shape<1> = (value, path) => {
  if (value === 1) return 1;
  throw new ShapeMismatch(path, '1');
};

/** The inventory of a run. */
export const inventoryShape: Shape<Inventory> = fields({
  version: VERSION,
  vcenters: list(
    fields({
      ...{name: text, url: text, thumbprint: nullable(text), ca: nullable(text), insecure: flag},
      ...{credentials: text, concurrency: count, labels: record(text)},
      vchs: nullable(
        list(
          fields({
            select: fields({path: nullable(text), name: nullable(text), id: nullable(text)}),
            except: list(text),
          }),
        ),
      ),
    }),
  ),
  release: nullable(fields({applianceIso: text, bootstrapIso: text})),
  waves: list(
    fields({
      ...{name: text, count: nullable(count), spread: oneOf(['vcenter', 'none'])},
      ...{match: nullable(record(text)), gate: oneOf(['approve', 'auto'])},
    }),
  ),
  budget: fields({failed: count, unreachable: nullable(count), perVcenter: nullable(count)}),
  window: nullable(fields({days: list(oneOf(DAYS)), from: text, to: text, zone: text})),
});

const iso = fields({path: text, version: text, sha256: text});

/** The frozen ISO files of a run. */
export const releaseShape: Shape<FleetRelease> = fields({applianceIso: iso, bootstrapIso: iso});

const summary: Shape<ReportSummary> = fields({
  ...{total: count, renameDisabled: count, pending: count, changed: count, unchanged: count, refused: count},
  ...{
    failed: count,
    conflict: count,
    unreachable: count,
    unknown: count,
    'not-attempted': count,
    skipped: count,
  },
});

/** What a VCH was planned to come to, or has. */
export const outcomeShape: Shape<TargetOutcome> = fields({
  summary: nullable(summary),
  version: nullable(text),
  error: nullable(fields({code: text, message: text}, {fault: text, commands: list(text)})),
  attention: list(fields({name: text, status: text, code: text})),
  next: nullable(text),
});

/** What a run was started with beyond its inventory. */
export const settingsShape = fields({
  /** Milliseconds until an appliance must be ready. */
  timeout: count,
  parallelism: count,
});
