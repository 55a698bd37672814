import {VchError} from '../errors.js';
import {members, ShapeMismatch} from '../json-shape.js';
import type {Fixture, FixtureOrigin} from '../simulator/simulator.js';
import {requiredText} from '../text-file.js';
import {toFixture} from './copied-inventory.js';
import {readGovc} from './govc.js';

/** A file that stands for a vCenter. */
export interface Dump {
  /** For the simulator: the path of the file, if it loads that by itself, or the document that was made of it. */
  readonly fixture: Fixture | string;
  /** Absent for a fixture that somebody wrote by hand. */
  readonly origin?: FixtureOrigin | undefined;
  /** Of the vCenter that was read; `null` if the file does not say it. */
  readonly instanceUuid: string | null;
}

/** Reads a dump that this tool or govc wrote, or a fixture. */
export function readDump(path: string): Dump {
  const text = requiredText(path, (why) => refused(path, `cannot be read (${why}); check the path`));
  try {
    const documents = [...jsonDocuments(text)];
    const [first, second] = documents;
    const schema = isObject(first) ? members(first, '')['schema'] : undefined;
    if (schema !== undefined && second !== undefined)
      throw refused(path, 'has more than one document in it: keep the dumps in files of their own');
    // The simulator checks it member by member.
    if (schema !== undefined) return {fixture: path, ...about(first)};
    const origin = {at: 'unknown', tool: 'govc', masked: false};
    return {fixture: toFixture(readGovc(documents), origin), origin, instanceUuid: null};
  } catch (error) {
    if (error instanceof SyntaxError) throw refused(path, whyNotJson(text));
    if (!(error instanceof ShapeMismatch)) throw error;
    throw refused(
      path,
      `is no dump: ${error.message}; make one with vch-migrate dump, or govc vm.info -json -e '*'`,
    );
  }
}

function about(document: unknown): Pick<Dump, 'origin' | 'instanceUuid'> {
  const {dump, about} = members(document, '');
  const word = (of: unknown, name: string) => {
    const value = isObject(of) ? members(of, name)[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const instanceUuid = word(about, 'instanceUuid') ?? null;
  if (dump === undefined) return {instanceUuid};
  const masked = members(dump, 'dump')['masked'] !== false;
  const [at = 'unknown', tool = 'unknown', url] = ['at', 'tool', 'url'].map((name) => word(dump, name));
  return {instanceUuid, origin: {at, tool, masked, ...(url !== undefined && {url})}};
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** govc writes one document after the other. */
function* jsonDocuments(text: string): Generator<unknown> {
  let start = 0;
  let depth = 0;
  for (const {0: sign, index} of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    else continue;
    if (depth > 0) continue;
    yield JSON.parse(text.slice(start, index + 1));
    start = index + 1;
  }
  if (text.slice(start).trim() !== '' || start === 0) yield JSON.parse(text.slice(start));
}

function whyNotJson(text: string): string {
  if (text.trim() === '') return 'is empty: what should have written it has failed';
  // Its second byte is no UTF-8 and is read as a replacement.
  if (text.startsWith('\u001f')) return 'is compressed: unpack it first (gunzip)';
  return 'is not JSON: it may be cut off';
}

function refused(path: string, why: string): VchError {
  return new VchError('VCH_ERR_USAGE', `the dump ${path} ${why}`);
}
