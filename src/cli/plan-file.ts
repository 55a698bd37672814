import {createHash} from 'node:crypto';
import {type PlanBody, planBodyShape, stale} from '../containers/saved-plan.js';
import {VchError} from '../errors.js';
import {fields, members, moment, oneOf, parseJson, ShapeMismatch, type ShapeOf, text} from '../json-shape.js';
import type {Logger} from '../log.js';
import {canonicalJson, type Json} from '../migration/canonical-json.js';
import {toJson} from '../report/formats/json.js';
import type {Report} from '../report/report.js';
import {reportShape} from '../report/report.js';
import {requiredText} from '../text-file.js';
import {whyUnwritten, writeWhole} from './result-file.js';

const planShape = fields({
  schema: oneOf(['vch-migrate/plan/v1']),
  // `sha256:…` of everything else, in its canonical form: for change tickets.
  digest: text,
  createdAt: moment,
  toolVersion: text,
  plan: planBodyShape,
  report: reportShape,
});
/** The content of a plan file. Only the report has values, masked; the plan itself has digests. */
type SavedPlan = ShapeOf<typeof planShape>;

/** Writes a plan to its file, and returns its digest. */
export function savePlan(path: string, plan: PlanBody, report: Report, log: Logger): string {
  const rest = {
    schema: 'vch-migrate/plan/v1' as const,
    createdAt: report.finishedAt,
    toolVersion: report.tool.version,
    plan,
    report,
  };
  const {schema, ...others} = rest;
  const saved: SavedPlan = {schema, digest: digestOf(rest), ...others};
  try {
    writeWhole(path, toJson(saved));
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--out ${path} could not be written (${whyUnwritten(error)}); name a file in a folder that can be written`,
    );
  }
  log.info(`the plan is saved in ${path}, ${saved.digest}`);
  return saved.digest;
}

/** Makes the error for a file that is refused. */
type Refuse = (why: string) => VchError;

/** Reads a JSON report, or that of a saved plan. A plan that was changed or cut off is refused, VCH_ERR_PLAN_STALE. */
export function readShown(path: string): Report {
  const spoilt: Refuse = (why) =>
    new VchError(
      'VCH_ERR_PLAN_STALE',
      `${path} cannot be used: ${why}; make a new one with vch-migrate plan --out, or with --report`,
    );
  const document = readJson(path, spoilt);
  try {
    const {schema} = members(document, '');
    if (oneOf(['vch-migrate/plan/v1', 'vch-migrate/report/v1'])(schema, 'schema') === 'vch-migrate/report/v1')
      return reportShape(document, '');
    const {report, digest} = checked(document, spoilt);
    return {...report, planDigest: digest};
  } catch (error) {
    if (!(error instanceof ShapeMismatch)) throw error;
    throw new VchError(
      'VCH_ERR_USAGE',
      `${path} is neither a saved plan nor a JSON report of vch-migrate: ${error.message}; name a file that plan --out or --report made`,
    );
  }
}

/** Reads a saved plan that this version of the tool will carry out. */
export function readPlan(path: string, toolVersion: string): SavedPlan {
  const document = readJson(path, stale);
  try {
    const plan = checked(document, stale);
    if (major(plan.toolVersion) === major(toolVersion)) return plan;
    throw stale(`version ${plan.toolVersion} of vch-migrate made it, and this is ${toolVersion}`);
  } catch (error) {
    if (error instanceof ShapeMismatch)
      throw stale(`${path} is not a plan, or not complete: ${error.message}`);
    throw error;
  }
}

function checked(document: unknown, refuse: Refuse): SavedPlan {
  const {digest, ...rest} = members(document, '');
  if (typeof digest !== 'string') throw new ShapeMismatch('digest', 'a string');
  if (digest !== readDigest(rest)) throw refuse('its digest does not match: it was changed, or cut off');
  return planShape(document, '');
}

/** The digest of a document that was read; `null` if it is nested deeper than any plan. */
function readDigest(rest: object): string | null {
  try {
    return digestOf(rest);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** A digest of the canonical form: a mail or ticket may change line ends and blanks. */
function digestOf(rest: object): string {
  const json: Json = JSON.parse(JSON.stringify(rest));
  return `sha256:${createHash('sha256').update(canonicalJson(json)).digest('hex')}`;
}

function readJson(path: string, refuse: Refuse): unknown {
  const content = requiredText(
    path,
    (why) =>
      new VchError(
        'VCH_ERR_USAGE',
        `${path} cannot be read (${why}); name a file that vch-migrate plan --out or --report made`,
      ),
  );
  const {value, fault} = parseJson(content, (document) => document);
  if (fault !== null) throw refuse(`${fault}: it was changed, or cut off`);
  return value;
}

function major(version: string): string {
  return version.split('.')[0] ?? '';
}
