import {type ErrorCode, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, visit} from 'yaml';
import {parseJson, type Shape} from '../json-shape.js';
import {parseYaml} from '../yaml-document.js';

/** What is wrong with a file, and where: lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Reads a node of a YAML document into a value; `undefined` if that is not possible, which it has reported. */
export type Read<T> = (node: unknown, reading: Reading, path: string) => T | undefined;

/** A YAML document that is being read: it collects everything that is wrong with it. */
export class Reading {
  readonly problems: Problem[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  /** Notes what is wrong with a node. */
  report(node: unknown, message: string): void {
    this.reportAt(isNode(node) ? node.range?.[0] : undefined, message);
  }

  reportAt(offset: number | undefined, message: string): void {
    const {line, col} = this.#lines.linePos(offset ?? 0);
    this.problems.push({line: Math.max(line, 1), column: Math.max(col, 1), message});
  }
}

/** Reads a whole YAML text; without a value if anything is wrong with it, and then with every problem in the order of the file. */
export function readYaml<T>(
  text: string,
  read: Read<T>,
  check: (value: T, reading: Reading, nodeAt: (path: readonly (string | number)[]) => unknown) => void,
):
  | {readonly value: T; readonly problems: readonly []}
  | {readonly value: null; readonly problems: readonly Problem[]} {
  const lines = new LineCounter();
  const reading = new Reading(lines);
  const document = parseYaml(text, {lineCounter: lines, merge: false});
  for (const {pos, code, message} of document.errors) reading.reportAt(pos[0], mistake(code, message));
  // After a syntax error, everything that follows would seem to be missing.
  const value = document.errors.length > 0 ? undefined : read(document.contents, reading, '');
  if (value !== undefined && reading.problems.length === 0)
    check(value, reading, (path) => document.getIn(path, true));
  if (value !== undefined && reading.problems.length === 0) return {value, problems: []};
  return {value: null, problems: reading.problems.sort((a, b) => a.line - b.line || a.column - b.column)};
}

function mistake(code: ErrorCode, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice';
  return code === 'RESOURCE_EXHAUSTION' ? `this is ${message}` : `this is not YAML (${code})`;
}

function isAbsent(node: unknown): boolean {
  return node == null || (isScalar(node) && node.value === null);
}

function refuse(node: unknown, reading: Reading, path: string, wanted: string): undefined {
  const name = path === '' ? 'the file' : path;
  reading.report(
    node,
    isAlias(node) ? `${name} is a YAML alias; write the value itself` : `${name} must be ${wanted}`,
  );
  return undefined;
}

/** A value that `parse` understands; `wanted` describes those. */
export function scalar<T>(wanted: string, parse: (value: unknown) => T | undefined): Read<T> {
  return (node, reading, path) => {
    const value = isScalar(node) ? parse(node.value) : undefined;
    return value === undefined ? refuse(node, reading, path, wanted) : value;
  };
}

/** A text that fits the pattern. */
export function text(wanted: string, pattern = /^\P{Cc}+$/u): Read<string> {
  return scalar(wanted, (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined));
}

/** A whole number. */
export function whole(least: number, most: number): Read<number> {
  return scalar(`a whole number from ${least} to ${most}`, (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : undefined,
  );
}

export const flag: Read<boolean> = scalar('true or false', (value) =>
  typeof value === 'boolean' ? value : undefined,
);

/** One of these words. */
export function oneOf<const T extends string>(words: readonly T[]): Read<T> {
  return scalar(`one of ${words.join(', ')}`, (value) => words.find((word) => word === value));
}

/** A list of these, with at least one. */
export function list<T>(member: Read<T>): Read<readonly T[]> {
  return (node, reading, path) => {
    if (!isSeq(node) || node.items.length === 0)
      return refuse(node, reading, path, 'a list with at least one entry');
    const read = node.items.map((item, at) => member(item, reading, `${path}[${at}]`));
    const found = read.filter((value) => value !== undefined);
    return found.length === read.length ? found : undefined;
  };
}

/** A map from free names to texts. */
export const labels: Read<Readonly<Record<string, string>>> = (node, reading, path) => {
  if (!isMap(node)) return refuse(node, reading, path, 'a map, such as {site: ams}');
  const entries = node.items.map(({key, value}): readonly [string, string] | undefined => {
    const name = isScalar(key) ? String(key.value) : '';
    const word = isScalar(value) && value.value !== null ? String(value.value) : undefined;
    return word === undefined ? refuse(value, reading, below(path, name), 'a text') : [name, word];
  });
  const found = entries.filter((entry) => entry !== undefined);
  return found.length === entries.length ? Object.fromEntries(found) : undefined;
};

/** A member of a map that may be absent. */
export interface Optional<T, D> {
  readonly read: Read<T>;
  readonly otherwise: D;
}

/** A member that may be absent, and what it is then. */
export function optional<T, D>(read: Read<T>, otherwise: D): Optional<T, D> {
  return {read, otherwise};
}

type Member = Read<unknown> | Optional<unknown, unknown>;
type ValueOf<M> = M extends Read<infer T> ? T : M extends Optional<infer T, infer D> ? T | D : never;
type Values<M extends Readonly<Record<string, Member>>> = {readonly [Name in keyof M]: ValueOf<M[Name]>};

/** A map with these members and no others. */
export function map<M extends Readonly<Record<string, Member>>>(members: M): Read<Values<M>> {
  return (node, reading, path) => {
    if (!isMap(node)) return refuse(node, reading, path, `a map with ${Object.keys(members).join(', ')}`);
    let complete = true;
    for (const {key} of node.items) {
      const name = isScalar(key) ? String(key.value) : '…';
      if (Object.hasOwn(members, name)) continue;
      complete = false;
      reading.report(key, `${below(path, name)} is unknown; here are ${Object.keys(members).join(', ')}`);
    }
    const entries = Object.entries(members).map(([name, member]): readonly unknown[] => {
      const child: unknown = node.get(name, true);
      const read = typeof member === 'function' ? member : member.read;
      if (!isAbsent(child)) {
        const value = read(child, reading, below(path, name));
        if (value === undefined) complete = false;
        return [name, value];
      }
      if (typeof member !== 'function' && !node.has(name)) return [name, member.otherwise];
      complete = false;
      // Left empty, `vchs` would mean every VCH, and `window` any time: hardly what was meant.
      reading.report(
        node.has(name) ? (child ?? node) : node,
        `${below(path, name)} is ${node.has(name) ? 'empty; give it a value, or remove it' : 'missing'}`,
      );
      return [name, undefined];
    });
    // Object.fromEntries knows no types; the members have them.
    return complete ? Object.fromEntries(entries) : undefined;
  };
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A YAML or JSON text as a value of a shape, or what is wrong with it, without any of its text. */
export function parseYamlValue<T>(
  content: string,
  shape: Shape<T>,
): {readonly value: T; readonly fault: null} | {readonly value: null; readonly fault: string} {
  const document = parseYaml(content, {merge: false});
  const [error] = document.errors;
  if (error !== undefined)
    return {
      value: null,
      fault: `line ${error.linePos?.[0].line ?? '?'}: ${mistake(error.code, error.message)}`,
    };
  let hasAlias = false;
  visit(document, {
    Alias() {
      hasAlias = true;
    },
  });
  if (hasAlias) return {value: null, fault: 'it has a YAML alias; write the value itself'};
  return parseJson(JSON.stringify(document.toJS()) ?? 'null', shape);
}
