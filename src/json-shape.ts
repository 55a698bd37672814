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

/** A string. */
export const text: Shape<string> = (value, path) => {
  if (typeof value === 'string') return value;
  throw new ShapeMismatch(path, 'a string');
};

/** A whole number from 0. */
export const count: Shape<number> = (value, path) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ShapeMismatch(path, 'a whole number');
};

/** A time in the form of RFC 3339. */
export const moment: Shape<string> = (value, path) => {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return value;
  throw new ShapeMismatch(path, 'a time');
};

/** True or false. */
export const flag: Shape<boolean> = (value, path) => {
  if (typeof value === 'boolean') return value;
  throw new ShapeMismatch(path, 'true or false');
};

/** One of these words. */
export function oneOf<const T extends string>(words: readonly T[]): Shape<T> {
  return (value, path) => {
    const word = words.find((known) => known === value);
    if (word !== undefined) return word;
    throw new ShapeMismatch(path, `one of ${words.join(', ')}`);
  };
}

/** That, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : shape(value, path));
}

/** That, or an absent member. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined ? undefined : shape(value, path));
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
  return (value, path) =>
    Object.fromEntries(
      Object.entries(members(value, path)).map(([key, member]) => [
        key,
        shape(member, path === '' ? key : `${path}.${key}`),
      ]),
    );
}

/** The members of an object; each is read with {@link member}. */
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
  return (value, path) => {
    const all = members(value, path);
    const read = (shapes: Shapes): readonly (readonly unknown[])[] =>
      Object.entries(shapes).map(([name, shape]) => [
        name,
        shape(all[name], path === '' ? name : `${path}.${name}`),
      ]);
    const there = Object.entries(perhaps ?? {}).filter(([name]) => all[name] !== undefined);
    // Object.fromEntries knows no types; the shapes have them.
    return Object.fromEntries([...read(needed), ...read(Object.fromEntries(there))]);
  };
}

/** Reads members of one object, and ignores the others. */
export function object<T>(read: (member: <M>(name: string, shape: Shape<M>) => M) => T): Shape<T> {
  return (value, path) => {
    const all = members(value, path);
    return read((name, shape) => shape(all[name], path === '' ? name : `${path}.${name}`));
  };
}
