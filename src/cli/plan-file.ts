import {createHash} from 'node:crypto';
import {type PlanBody, planBodyShape, stale} from '../containers/saved-plan.js';
import {systemCode, VchError} from '../errors.js';
import {fields, members, moment, oneOf, ShapeMismatch, type ShapeOf, text} from '../json-shape.js';
import type {Logger} from '../log.js';
import {canonicalJson, type Json} from '../migration/canonical-json.js';
import {toJson} from '../report/formats/json.js';
import type {Report} from '../report/report.js';
import {reportShape} from '../report/report.js';
import {requiredText} from '../text-file.js';
import {writeWhole} from './result-file.js';

const planShape = fields({
  schema: oneOf(['vch-migrate/plan/v1']),
  // `sha256:…` of all the rest, in its canonical form: a ticket can quote it.
  digest: text,
  createdAt: moment,
  toolVersion: text,
  plan: planBodyShape,
  report: reportShape,
});
/** A plan as a file has it. Its values stand in the report alone, masked; the plan itself has digests. */
export type SavedPlan = ShapeOf<typeof planShape>;

/** Writes a plan to its file, and gives its digest. */
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
      `--out ${path} could not be written (${systemCode(error)}); name a file in a folder that can be written`,
    );
  }
  log.info(`the plan is saved in ${path}, ${saved.digest}`);
  return saved.digest;
}

/** Says why a file is not taken for what it should be. */
type Refuse = (why: string) => VchError;

/** What a file holds that `show` knows. */
export type Shown =
  | {readonly kind: 'plan'; readonly plan: SavedPlan}
  | {readonly kind: 'report'; readonly report: Report};

/** Reads a saved plan or a JSON report; a plan that was changed or cut off is refused, VCH_ERR_PLAN_STALE. */
export function readShown(path: string): Shown {
  const spoilt: Refuse = (why) =>
    new VchError(
      'VCH_ERR_PLAN_STALE',
      `${path} cannot be used: ${why}; make a new one with vch-migrate plan --out, or with --report`,
    );
  const document = readJson(path, spoilt);
  try {
    const {schema} = members(document, '');
    if (schema === 'vch-migrate/plan/v1') return {kind: 'plan', plan: checked(document, spoilt)};
    if (schema === 'vch-migrate/report/v1') return {kind: 'report', report: reportShape(document, '')};
  } catch (error) {
    throw unknownFile(path, error);
  }
  throw unknownFile(path, undefined);
}

/** Reads a saved plan that is to be carried out by this version of the tool. */
export function readPlan(path: string, toolVersion: string): SavedPlan {
  const document = readJson(path, stale);
  try {
    const plan = checked(document, stale);
    if (major(plan.toolVersion) === major(toolVersion)) return plan;
    throw stale(`version ${plan.toolVersion} of vch-migrate made it, and this is ${toolVersion}`);
  } catch (error) {
    if (error instanceof ShapeMismatch) throw stale(`${path} is no plan, or not whole: ${error.message}`);
    throw error;
  }
}

function checked(document: unknown, refuse: Refuse): SavedPlan {
  const {digest, ...rest} = members(document, '');
  if (typeof digest !== 'string') throw new ShapeMismatch('digest', 'a string');
  if (digest !== fittingDigest(rest)) throw refuse('its digest does not fit: it was changed, or cut off');
  return planShape(document, '');
}

/** The digest of a document that was read; `null` where it is nested deeper than any plan is. */
function fittingDigest(rest: object): string | null {
  try {
    return digestOf(rest);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Over the canonical form, so that line ends and blanks that a mail or a ticket changed do not matter. */
function digestOf(rest: object): string {
  // What was read from JSON, or can be written as it, is Json.
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
  try {
    const document: unknown = JSON.parse(content);
    return document;
  } catch {
    throw refuse('it is no JSON: it was changed, or cut off');
  }
}

function unknownFile(path: string, error: unknown): Error {
  if (error instanceof VchError) return error;
  const why = error instanceof ShapeMismatch ? `: ${error.message}` : '';
  return new VchError(
    'VCH_ERR_USAGE',
    `${path} is neither a saved plan nor a JSON report of vch-migrate${why}; name a file that plan --out or --report made`,
  );
}

function major(version: string): string {
  return version.split('.')[0] ?? '';
}
