import type {EventEmitter} from 'node:events';
import {type FailureClass, VchError} from '../errors.js';

// Why: docs/decisions/001-decode-answers-ourselves.md

/** One element of an answer. Names and types are without their prefixes, which every server picks for itself. */
export interface XmlElement {
  readonly name: string;
  /** `xsi:type` without its prefix, or the `type` attribute of a reference; `null` where neither is there. */
  readonly type: string | null;
  /** All character data directly inside, CDATA included, not trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** An element whose end has not been read. */
interface OpenElement extends XmlElement {
  text: string;
  readonly children: XmlElement[];
}

interface SaxTag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Several times what the largest page of properties has; each takes some hundred bytes of memory. */
const MOST_PARTS = 2_000_000;
/** A chain of snapshots is the deepest thing in vim25. */
const DEEPEST = 500;

/**
 * Collects the tree of one answer from the SAX stream that the `soap` package hands out. Its own object
 * decoder is not used: it drops values of blanks only, and of a text over 64 KiB it keeps the last piece.
 */
export function readTree(saxStream: EventEmitter): Promise<XmlElement> {
  return new Promise((resolve, reject) => {
    const stack: OpenElement[] = [{name: '', type: null, text: '', children: []}];
    const top = () => stack[stack.length - 1] ?? stack[0];
    let failed = false;
    const refuse = (message: string, failure: FailureClass) => {
      // The parser goes on, and tells an error for each character that has no place.
      if (failed) return;
      failed = true;
      reject(new VchError('VCH_ERR_TRANSPORT', message, {failure}));
    };
    const fail = (what: string) => refuse(`the server's answer is no SOAP message: ${what}`, 'maybe-done');
    let count = 0;
    const bound = () => {
      count += 1;
      if (count <= MOST_PARTS && stack.length <= DEEPEST) return;
      refuse(
        `the server's answer is not taken: it has more than ${MOST_PARTS} elements and attributes, or more than ${DEEPEST} elements in each other`,
        'doubtful',
      );
      // Nothing more is read of it.
      saxStream.emit('error', new Error('too large'));
    };
    const addText = (text: string) => {
      const element = top();
      if (element) element.text += text;
    };
    saxStream.on('attribute', bound);
    saxStream.on('opentag', (tag: SaxTag) => {
      if (failed) return;
      bound();
      stack.push({name: localName(tag.name), type: typeOf(tag.attributes), text: '', children: []});
    });
    saxStream.on('text', addText);
    saxStream.on('cdata', addText);
    saxStream.on('closetag', () => {
      const closed = stack.pop();
      if (closed) top()?.children.push(closed);
    });
    saxStream.on('doctype', () => fail('it has a DOCTYPE, which SOAP forbids'));
    saxStream.on('error', () => fail('it is not well-formed XML'));
    saxStream.on('end', () => {
      const root = stack[0]?.children[0];
      if (root) resolve(root);
      else fail('it is empty');
    });
  });
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}

function typeOf(attributes: Readonly<Record<string, string>>): string | null {
  for (const [name, value] of Object.entries(attributes)) {
    // `type` marks a reference, `<prefix>:type` a polymorphic value; no element of vim25 has both.
    if (name === 'type' || name.endsWith(':type')) return localName(value);
  }
  return null;
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.name === name);
}

/** Every child of that name, in order. */
export function childrenNamed(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? [];
}

/** The text of the first child of that name; `undefined` where there is none. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)?.text;
}

/**
 * A string as element content that the `soap` package copies out untouched. Its own escaping lets a value
 * that looks like `<![CDATA[…]]>` through raw, so no text of ours goes that way.
 */
export interface XmlText {
  readonly $xml: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

/** Escapes text so that a parser gives back exactly the same characters, blanks and line ends included. */
export function escapeText(text: string): string {
  return text.replace(/[&<>\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** Text as an element's content. */
export function xmlText(text: string): XmlText {
  return {$xml: escapeText(text)};
}

/** Text as the content of an `xsd:anyType` element, typed as the string that it is: `true` and `007` stay text. */
export function xmlString(text: string): XmlText {
  return {attributes: {'xsi:type': 'xsd:string'}, $xml: escapeText(text)};
}
