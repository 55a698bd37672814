import {setImmediate} from 'node:timers/promises';
import {copied, refuse, type StartTag, turnDown, XmlScanner} from './xml-scanner.js';

// Why: docs/decisions/001-decode-answers-ourselves.md

/** One element of an answer. */
export interface XmlElement extends Pick<StartTag, 'name' | 'type'> {
  /** All character data directly inside, CDATA included, not trimmed. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** Elements that are handed out one by one, as soon as they are read; the tree is without them. */
export interface Streamed {
  /** Their names, from the root of the answer to their own. */
  readonly path: readonly string[];
  /** Must not throw: what the answer says after them is wanted, too. */
  readonly take: (element: XmlElement) => void;
}

interface ReadOptions {
  readonly streamed?: Streamed | undefined;
  /** What to make of a sentence of the server's. */
  readonly said?: (sentence: string) => string;
}

/** An element whose end has not been read. */
interface OpenElement extends XmlElement {
  text: string;
  children: XmlElement[];
}

/** Several times what the largest page of properties has; each takes some hundred bytes of memory. */
const MOST_PARTS = 2_000_000;
/** A chain of snapshots is the deepest thing in vim25. */
const DEEPEST = 500;
/** Characters after which signals and timers are heard. */
const SLICE = 64 * 1024;
/** The elements in which a server says something in its own words. */
const SENTENCES: ReadonlySet<string> = new Set(['faultstring', 'localizedMessage']);

/** Reads the tree of an answer from its text, or from the pieces of it, however they are cut. What is refused is read no further. */
export async function readTree(
  text: string | AsyncIterable<string>,
  options: ReadOptions = {},
): Promise<XmlElement> {
  const tree = IDLE.pop() ?? new Tree();
  tree.begin(options);
  // Most answers are short, and there as a whole: waiting for them once more would take longer than reading them.
  if (typeof text === 'string' && text.length <= SLICE) tree.write(text);
  else await writeInSlices(typeof text === 'string' ? [text] : text, tree);
  const root = tree.end();
  IDLE.push(tree);
  return root;
}

async function writeInSlices(
  pieces: AsyncIterable<string> | Iterable<string>,
  tree: Pick<Tree, 'write'>,
): Promise<void> {
  let unheard = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length; start += SLICE) {
      const slice = piece.slice(start, start + SLICE);
      tree.write(slice);
      unheard += slice.length;
      if (unheard < SLICE) continue;
      unheard = 0;
      await setImmediate();
    }
  }
}

/** A tree while its text comes in. When it is at its end, it can begin with another. */
class Tree {
  readonly #scanner = new XmlScanner({
    start: ({name, type, attributeCount}) => {
      this.#count(1 + attributeCount);
      this.#open.push({name, type, text: '', children: NONE});
    },
    text: (text) => {
      const element = this.#open.at(-1);
      if (element) element.text += text;
    },
    end: () => this.#close(),
  });
  #options: ReadOptions = {};
  #root = outermost();
  #open = [this.#root];
  #parts = 0;

  begin(options: ReadOptions): void {
    this.#options = options;
  }

  write(text: string): void {
    this.#scanner.write(text);
  }

  end(): XmlElement {
    this.#scanner.close();
    const [root] = this.#root.children;
    // Nothing of the answer is kept with it but its tags.
    this.#options = {};
    this.#root = outermost();
    this.#open = [this.#root];
    this.#parts = 0;
    return root ?? refuse('it is empty');
  }

  #close(): void {
    const closed = this.#open.pop();
    const parent = this.#open.at(-1);
    if (closed === undefined || parent === undefined) return;
    const {said, streamed} = this.#options;
    if (said !== undefined && SENTENCES.has(closed.name)) closed.text = said(closed.text);
    closed.text = copied(closed.text);
    if (streamed !== undefined && this.#isAt(streamed.path, closed)) streamed.take(closed);
    else if (parent.children === NONE) parent.children = [closed];
    else parent.children.push(closed);
  }

  #isAt(path: readonly string[], closed: XmlElement): boolean {
    return (
      path.length === this.#open.length &&
      closed.name === path.at(-1) &&
      this.#open.every(({name}, depth) => depth === 0 || name === path[depth - 1])
    );
  }

  #count(parts: number): void {
    this.#parts += parts;
    if (this.#parts <= MOST_PARTS && this.#open.length <= DEEPEST) return;
    turnDown(
      `it has more than ${MOST_PARTS} elements and attributes, or more than ${DEEPEST} elements in each other`,
    );
  }
}

/** Shared by all elements without any. */
const NONE: XmlElement[] = [];

/** Those that are at their end, as many as were read at once: to make one takes longer than to read a short answer. */
const IDLE: Tree[] = [];

/** What holds the root of an answer. */
function outermost(): OpenElement {
  return {name: '', type: null, text: '', children: NONE};
}

/** The first child of that name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element === undefined) return undefined;
  // Without a closure: this is called for every property that is read.
  for (const candidate of element.children) if (candidate.name === name) return candidate;
  return undefined;
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

/**
 * Elements as the content of their parent, in order; several of one name where there is a list. `soap` takes long to look up
 * each element in the WSDL, and there are thousands of some.
 */
export function xmlElements(elements: Readonly<Record<string, XmlText | readonly XmlText[]>>): XmlText {
  let xml = '';
  for (const [name, content] of Object.entries(elements)) {
    if ('$xml' in content) xml += elementOf(name, content);
    else for (const element of content) xml += elementOf(name, element);
  }
  return {$xml: xml};
}

/** Whether there is nothing left for `soap` to look up. */
export function areEncoded(
  elements: Readonly<Record<string, unknown>>,
): elements is Readonly<Record<string, XmlText>> {
  return Object.values(elements).every(
    (value) => typeof value === 'object' && value !== null && '$xml' in value,
  );
}

/** An element with that content. */
export function elementOf(name: string, {$xml, attributes}: XmlText): string {
  if (attributes === undefined) return `<${name}>${$xml}</${name}>`;
  let written = '';
  for (const [key, value] of Object.entries(attributes)) written += ` ${key}="${escapeAttribute(value)}"`;
  return `<${name}${written}>${$xml}</${name}>`;
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;');
}
