import type {List, Value} from './value.js';

/** The XML of one response value as the element `name`; `typed` adds its `xsi:type`. */
export function encode(name: string, value: Value, typed = false): string {
  switch (value.kind) {
    case 'scalar':
      return element(name, typed ? ` xsi:type="${value.type}"` : '', escapeText(value.text));
    case 'reference':
      return element(
        name,
        ` type="${value.type}"${typed ? ' xsi:type="ManagedObjectReference"' : ''}`,
        escapeText(value.id),
      );
    case 'data': {
      let content = '';
      for (const [field, inner, anyType] of value.fields) {
        if (inner !== undefined) content += encode(field, inner, anyType === 'typed');
      }
      return element(name, typed ? ` xsi:type="${value.type}"` : '', content);
    }
    case 'list':
      return typed
        ? encodeArray(name, value)
        : value.items.map((item) => encode(name, item, isDerived(item, value))).join('');
  }
}

/** Text for an element's content: also CR, which a parser would otherwise turn into LF. */
export function escapeText(text: string): string {
  return /[&<>\r]/.test(text)
    ? text.replaceAll(/[&<>\r]/g, (character) => ENTITIES.get(character) ?? character)
    : text;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\r', '&#13;'],
]);

function encodeArray(name: string, value: List): string {
  const item = value.of.startsWith('xsd:') ? value.of.slice(4) : value.of;
  const arrayType = `ArrayOf${item.charAt(0).toUpperCase()}${item.slice(1)}`;
  // A server names the type of an array's object items once more, but not that of its simple ones.
  const typed = !value.of.startsWith('xsd:');
  return element(
    name,
    ` xsi:type="${arrayType}"`,
    value.items.map((entry) => encode(item, entry, typed)).join(''),
  );
}

/** An item of a type derived from the array's has to name it. */
function isDerived(item: Value, {of}: List): boolean {
  return item.kind === 'data' && item.type !== of;
}

function element(name: string, attributes: string, content: string): string {
  return `<${name}${attributes}>${content}</${name}>`;
}
