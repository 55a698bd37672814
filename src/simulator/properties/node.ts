import type {Session} from '../model/session.js';
import type {VCenter} from '../model/vcenter.js';
import {type Data, data, type Value} from '../soap/value.js';

/** In whose eyes a property is read. */
export interface Scope {
  readonly vcenter: VCenter;
  readonly session: Session;
}

/** Reads one property; undefined where it is not set. */
export type Getter<T> = (object: T, scope: Scope) => Value | undefined;

/** A data object whose fields can be read one by one, so that a nested path costs its own field only. */
export interface Struct<T> {
  readonly type: string;
  /** Whether the object has this property at all. */
  readonly present?: (object: T) => boolean;
  readonly fields: Readonly<Record<string, Node<T>>>;
  /** Fields that vim25 declares as anyType or as a base type. */
  readonly typed?: readonly string[];
}

/** An array whose members can be read by key: `config.extraConfig["key"]`. */
export interface Keyed<T> {
  readonly all: Getter<T>;
  readonly one: (object: T, key: string, scope: Scope) => Value | undefined;
}

/** A property, by the way it can be read. */
export type Node<T> = Getter<T> | Struct<T> | Keyed<T>;

/** Reads a whole node. */
export function readNode<T>(node: Node<T>, object: T, scope: Scope): Value | undefined {
  if (typeof node === 'function') return node(object, scope);
  if ('all' in node) return node.all(object, scope);
  return readStruct(node, object, scope);
}

function readStruct<T>(struct: Struct<T>, object: T, scope: Scope): Data | undefined {
  if (struct.present?.(object) === false) return undefined;
  const typed = struct.typed;
  return data(
    struct.type,
    ...Object.entries(struct.fields).map(([name, node]) =>
      typed?.includes(name)
        ? ([name, readNode(node, object, scope), 'typed'] as const)
        : ([name, readNode(node, object, scope)] as const),
    ),
  );
}
