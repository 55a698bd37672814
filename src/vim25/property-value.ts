import {type ManagedObjectReference, unescapeName} from './managed-object.js';
import {child, childText, type XmlElement} from './xml.js';

/** One entry of an ExtraConfig; a value that is no string on the wire stands here by its text. */
export interface OptionValue {
  readonly key: string;
  readonly value: string;
}

/** A reference out of a property's value; `null` where the property is absent. */
export function refValue(value: XmlElement | undefined): ManagedObjectReference | null {
  return value?.type ? {type: value.type, value: value.text} : null;
}

/** An array of references; empty where the property is absent. */
export function refValues(value: XmlElement | undefined): readonly ManagedObjectReference[] {
  return value?.children.flatMap((item) => refValue(item) ?? []) ?? [];
}

/** The text of a string, number, enum or date; `null` where the property is absent or has no value. */
export function textValue(value: XmlElement | undefined): string | null {
  return value?.text ?? null;
}

/** The property `name` as people write it: vSphere sends `/`, `\\` and `%` escaped. */
export function nameValue(value: XmlElement | undefined): string | null {
  return value === undefined ? null : unescapeName(value.text);
}

/** A boolean; `false` where the property is absent. */
export function booleanValue(value: XmlElement | undefined): boolean {
  return value?.text === 'true' || value?.text === '1';
}

/** One `OptionValue`; `null` where there is none, or one without a value, which is how vcsim answers for a missing key. */
export function optionValue(value: XmlElement | undefined): OptionValue | null {
  const key = childText(value, 'key');
  const content = child(value, 'value');
  if (key === undefined || content === undefined) return null;
  return {key, value: content.text};
}

/** A whole `config.extraConfig`. */
export function optionValues(value: XmlElement | undefined): readonly OptionValue[] {
  return value?.children.flatMap((item) => optionValue(item) ?? []) ?? [];
}
