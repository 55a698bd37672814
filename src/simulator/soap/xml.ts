import {SaxesParser} from 'saxes';
import {VimFault} from './fault.js';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XSD = 'http://www.w3.org/2001/XMLSchema';

/** One element of a request; text is kept as it stands, blanks and line ends included. */
export class XmlElement {
  readonly name: string;
  readonly namespace: string;
  /** Attributes without a namespace, such as `type` on a ManagedObjectReference. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The `xsi:type`, with `xsd:` before XML Schema's own types and no prefix before vim25's. */
  readonly type: string | undefined;
  readonly isNil: boolean;
  readonly children: XmlElement[] = [];
  text = '';

  constructor(
    name: string,
    namespace: string,
    attributes: ReadonlyMap<string, string>,
    type: string | undefined,
    isNil: boolean,
  ) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes;
    this.type = type;
    this.isNil = isNil;
  }

  /** The first child of that name. */
  child(name: string): XmlElement | undefined {
    return this.children.find((child) => child.name === name);
  }

  /** Every child of that name. */
  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of the first child of that name. */
  textOf(name: string): string | undefined {
    return this.child(name)?.text;
  }
}

/** Parses a request body strictly; a DOCTYPE is refused before anything in it can take effect. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({xmlns: true});
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  parser.on('error', (error) => {
    throw invalidRequest(error.message);
  });
  parser.on('doctype', () => {
    throw invalidRequest('a DOCTYPE is not allowed in a request');
  });
  parser.on('opentag', (tag) => {
    const attributes = new Map<string, string>();
    let type: string | undefined;
    let isNil = false;
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.uri === '') attributes.set(attribute.local, attribute.value);
      if (attribute.uri !== XSI) continue;
      if (attribute.local === 'type')
        type = schemaType(attribute.value.trim(), (prefix) => parser.resolve(prefix));
      if (attribute.local === 'nil') isNil = attribute.value === 'true' || attribute.value === '1';
    }
    const element = new XmlElement(tag.local, tag.uri, attributes, type, isNil);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const append = (characters: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += characters;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  parser.write(text).close();
  if (root === undefined) throw invalidRequest('the request is empty');
  return root;
}

function schemaType(value: string, resolve: (prefix: string) => string | undefined): string {
  const colon = value.indexOf(':');
  if (colon === -1) return value;
  const prefix = value.slice(0, colon);
  // govmomi writes `xsd:` without declaring it, and a vCenter takes it.
  const namespace = resolve(prefix) ?? (prefix === 'xsd' ? XSD : undefined);
  if (namespace === undefined) throw invalidRequest(`the prefix of xsi:type "${value}" is not declared`);
  const local = value.slice(colon + 1);
  return namespace === XSD ? `xsd:${local}` : local;
}

function invalidRequest(detail: string): VimFault {
  return new VimFault('InvalidRequest', `Cannot parse the SOAP request: ${detail}`);
}
