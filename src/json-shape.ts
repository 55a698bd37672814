/** Reads a value of JSON into a type, or throws {@link ShapeMismatch}; `path` is where the value is in the document. */
export type Shape<T> = (value: unknown, path: string) => T;

/** A JSON value does not have the shape that was asked for. */
export class ShapeMismatch extends Error {
  override readonly name = 'ShapeMismatch';

  constructor(path: string, wanted: string) {
    super(`${path === '' ? 'the document' : path} is not ${wanted}`);
  }
}

/** Reads a text as JSON of a shape, or tells what is wrong with it: `applied[0].id is not a string`. */
export function parseJson<T>(
  json: string,
  shape: Shape<T>,
): {readonly value: T; readonly fault: null} | {readonly value: null; readonly fault: string} {
  try {
    return {value: shape(JSON.parse(json), ''), fault: null};
  } catch (error) {
    if (error instanceof ShapeMismatch) return {value: null, fault: error.message};
    if (error instanceof SyntaxError) return {value: null, fault: 'it is not JSON'};
    throw error;
  }
}

/** A value that the guard recognizes. */
function guarded<T>(wanted: string, is: (value: unknown) => value is T): Shape<T> {
  return (value, path) => {
    if (is(value)) return value;
    throw new ShapeMismatch(path, wanted);
  };
}

export const text = guarded('a string', (value) => typeof value === 'string');

/** A whole number. */
export const whole = guarded('a whole number', (value): value is number => Number.isSafeInteger(value));

/** A whole number from 0. */
export const count = guarded(
  'a whole number',
  (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
);

/** A time in the form of RFC 3339. */
export const moment = guarded(
  'a time',
  (value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
);

export const flag = guarded('true or false', (value) => typeof value === 'boolean');

/** One of these words. */
export function oneOf<const T extends string>(words: readonly T[]): Shape<T> {
  const is = (value: unknown): value is T => words.some((word) => word === value);
  return guarded(`one of ${words.join(', ')}`, is);
}

/** That, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

/** A list of these. */
export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeMismatch(path, 'a list');
    return value.map((member, at) => shape(member, `${path}[${at}]`));
  };
}

/** An object whose members are all of these. */
export function record<T>(shape: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, path) => {
    const all = Object.entries(members(value, path));
    return Object.fromEntries(all.map(([name, member]) => [name, shape(member, below(path, name))]));
  };
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The members of an object; their shapes are not known yet. */
export function members(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ShapeMismatch(path, 'an object');
  return {...value};
}

type Shapes = Readonly<Record<string, Shape<unknown>>>;

/** What a shape reads. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

type Members<S extends Shapes> = {readonly [Name in keyof S]: ShapeOf<S[Name]>};

/** An object with these members, and perhaps with those; other members are dropped. */
export function fields<Needed extends Shapes, Optional extends Shapes = Record<never, never>>(
  needed: Needed,
  perhaps?: Optional,
): Shape<Members<Needed> & Partial<Members<Optional>>> {
  const shapes: readonly (readonly [string, Shape<unknown>])[] = Object.entries({...needed, ...perhaps});
  return (value, path) => {
    const all = members(value, path);
    const present = shapes.filter(([name]) => Object.hasOwn(needed, name) || all[name] !== undefined);
    const read = present.map(([name, shape]): readonly unknown[] => [
      name,
      shape(all[name], below(path, name)),
    ]);
    // Object.fromEntries knows no types; the shapes have them.
    return Object.fromEntries(read);
  };
}
