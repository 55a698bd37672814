import type {Value} from '../soap/value.js';
import {type Node, readNode, type Scope, type Struct} from './node.js';
import {VIM25_PROPERTIES} from './vim25-properties.js';

/** One step of a property path: a name, and the key behind it if there is one. */
export interface Segment {
  readonly name: string;
  readonly key?: string;
}

/** Reads one path of one object. */
export type Read<T> = (object: T, scope: Scope) => Value | undefined;

/** Takes a path apart: `config.extraConfig["a.b"].value`; undefined where it is none. */
function parsePath(path: string): Segment[] | undefined {
  const segments: Segment[] = [];
  const step = /(?<name>[A-Za-z]\w*)(?:\["(?<key>.*?)"\]|\[(?<index>\d+)\])?(?<end>\.|$)/sy;
  for (let ended = false; !ended; ) {
    const groups = step.exec(path)?.groups;
    if (groups?.name === undefined) return undefined;
    const key = groups.key ?? groups.index;
    segments.push(key === undefined ? {name: groups.name} : {name: groups.name, key});
    ended = groups.end === '';
  }
  return segments;
}

/** Turns a path into its reader; undefined where the type has no such property. */
export function compilePath<T>(root: Struct<T>, path: string): Read<T> | undefined {
  const segments = parsePath(path);
  return segments === undefined ? undefined : compile(root, segments);
}

function compile<T>(struct: Struct<T>, segments: readonly Segment[]): Read<T> | undefined {
  const [first, ...rest] = segments;
  if (first === undefined) return undefined;
  const node = Object.hasOwn(struct.fields, first.name) ? struct.fields[first.name] : undefined;
  if (node === undefined) {
    // The real server has this property; here it is never set.
    return VIM25_PROPERTIES.get(struct.type)?.has(first.name) === true ? () => undefined : undefined;
  }
  const read = compileNode(node, first, rest);
  const present = struct.present;
  if (read === undefined || present === undefined) return read;
  return (object, scope) => (present(object) ? read(object, scope) : undefined);
}

function compileNode<T>(node: Node<T>, {key}: Segment, rest: readonly Segment[]): Read<T> | undefined {
  if (typeof node !== 'function' && 'all' in node) {
    if (key === undefined) return rest.length === 0 ? node.all : undefined;
    return (object, scope) => dig(node.one(object, key, scope), rest);
  }
  if (key !== undefined) return typeof node === 'function' ? () => undefined : undefined;
  if (rest.length === 0) return (object, scope) => readNode(node, object, scope);
  if (typeof node !== 'function') return compile(node, rest);
  return (object, scope) => dig(node(object, scope), rest);
}

function dig(value: Value | undefined, segments: readonly Segment[]): Value | undefined {
  let current = value;
  for (const {name} of segments) {
    if (current?.kind !== 'data') return undefined;
    current = current.fields.find(([field]) => field === name)?.[1];
  }
  return current;
}
