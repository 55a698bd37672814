/** One value of the vim25 type system, as it stands in a response. */
export type Value = Scalar | Reference | Data | List;

/** A number, string, date, boolean or enumeration; `type` is its `xsi:type`. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly type: string;
  readonly text: string;
}

/** A ManagedObjectReference. */
export interface Reference {
  readonly kind: 'reference';
  readonly type: string;
  readonly id: string;
}

/** A data object; its fields stand in the order of the vim25 schema. */
export interface Data {
  readonly kind: 'data';
  readonly type: string;
  readonly fields: readonly Field[];
}

/** An array; `of` is the type of its items. */
export interface List {
  readonly kind: 'list';
  readonly of: string;
  readonly items: readonly Value[];
}

/**
 * A field of a data object. `typed` is for fields that vim25 declares as anyType or as a base type: they
 * carry an `xsi:type`, all others do not.
 */
export type Field = readonly [name: string, value: Value | undefined, typed?: 'typed'];

/** An `xsd:string`. */
export function string(text: string): Scalar {
  return {kind: 'scalar', type: 'xsd:string', text};
}

/** An `xsd:int`. */
export function int(value: number): Scalar {
  return {kind: 'scalar', type: 'xsd:int', text: String(value)};
}

/** An `xsd:long`. */
export function long(value: number): Scalar {
  return {kind: 'scalar', type: 'xsd:long', text: String(value)};
}

/** An `xsd:boolean`. */
export function boolean(value: boolean): Scalar {
  return {kind: 'scalar', type: 'xsd:boolean', text: value ? 'true' : 'false'};
}

/** An `xsd:dateTime` from milliseconds since 1970. */
export function dateTime(milliseconds: number): Scalar {
  return {kind: 'scalar', type: 'xsd:dateTime', text: new Date(milliseconds).toISOString()};
}

/** A member of the enumeration `type`. */
export function enumeration(type: string, text: string): Scalar {
  return {kind: 'scalar', type, text};
}

/** A reference to a managed object. */
export function reference(object: {readonly type: string; readonly id: string}): Reference {
  return {kind: 'reference', type: object.type, id: object.id};
}

/** A list of references to managed objects. */
export function references(objects: Iterable<{readonly type: string; readonly id: string}>): List {
  return {kind: 'list', of: 'ManagedObjectReference', items: Array.from(objects, reference)};
}

/** A data object of `type`. */
export function data(type: string, ...fields: readonly Field[]): Data {
  return {kind: 'data', type, fields};
}

/** A list of `of`. */
export function list(of: string, items: readonly Value[]): List {
  return {kind: 'list', of, items};
}
