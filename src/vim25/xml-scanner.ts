import {VchError} from '../errors.js';

// Why: docs/decisions/001-decode-answers-ourselves.md

/** A start tag, without the prefixes, which every server picks for itself. Tags that are written alike mostly share one. */
export interface StartTag {
  readonly name: string;
  /** `xsi:type` without its prefix, or the `type` attribute of a reference; `null` where neither is there. */
  readonly type: string | null;
  readonly attributeCount: number;
}

/** Is told the parts of a document, in their order. */
interface Handlers {
  start(tag: StartTag): void;
  /** Text or CDATA of the element that is open; a long one comes in several parts. */
  text(text: string): void;
  end(): void;
}

interface KnownTag extends StartTag {
  /** The name with its prefix, as the end tag has it. */
  readonly qualified: string;
  /** `<name/>` */
  readonly isEmpty: boolean;
}

/** An answer repeats a few tags thousands of times; those that a server makes up must not be kept for ever. */
const MOST_TAGS = 1_000;
const LONGEST_TAG = 300;
/** Characters of a tag, a comment, an instruction or a reference; vim25's have a hundredth of it. */
const LONGEST = 64 * 1024;
/** Characters up to which an end is looked for again with each piece. */
const SHORT = 1024;

const NAME_START =
  ':A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f' +
  '\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040]*`;
const BLANK = '[ \\t\\r\\n]';
const EQUALS = `${BLANK}*=${BLANK}*`;
const VALUE = `"[^"<]*"|'[^'<]*'`;

const START_TAG = new RegExp(`<(${NAME})((?:${BLANK}+${NAME}${EQUALS}(?:${VALUE}))*)${BLANK}*(/?)>`, 'uy');
const ATTRIBUTE = new RegExp(`(${NAME})${EQUALS}(${VALUE})`, 'gu');
/** Any start tag to its end, well-formed or not. */
const WHOLE_TAG = /<[^"'>]*(?:(?:"[^"]*"|'[^']*')[^"'>]*)*>/y;
const END_TAG = new RegExp(`</(${NAME})${BLANK}*>`, 'uy');
const INSTRUCTION = new RegExp(`^(${NAME})(?:${BLANK}.*)?$`, 'su');
const DECLARATION = new RegExp(
  `^xml${BLANK}+version${EQUALS}(?:"1\\.[0-9]+"|'1\\.[0-9]+')(?:${BLANK}+encoding${EQUALS}(?:"[A-Za-z][\\w.-]*"|'[A-Za-z][\\w.-]*'))?` +
    `(?:${BLANK}+standalone${EQUALS}(?:"(?:yes|no)"|'(?:yes|no)'))?${BLANK}*$`,
);
const BLANKS = /^[ \t\r\n]*$/;
/** What text does not mean as it stands. */
const SPECIAL = /[&\r]/;
/** What XML cannot carry. */
const UNCARRIED = /[^\t\n\r -\ufffd]/;

const OPENINGS = {comment: '<!--', cdata: '<![CDATA[', doctype: '<!DOCTYPE'};

/**
 * Reads XML 1.0 from the pieces of its text, however they are cut, and refuses what is not well-formed. There are no entities but
 * the five, since nobody can declare others: a DOCTYPE is refused, as SOAP forbids it.
 */
export class XmlScanner {
  readonly #handlers: Handlers;
  /** By their text, with its angle brackets. */
  readonly #tags = new Map<string, KnownTag>();
  /** The names of the elements that are open. */
  readonly #open: string[] = [];
  /** What has no end yet: it is read again when there is enough more of it, at the latest by {@link close}. */
  #pending = '';
  /**
   * Characters that must be pending before it is read again. Where they are many, that is half as many again: a server could have
   * all of them read again with each character that follows.
   */
  #enough = 0;
  #mayHaveByteOrderMark = true;
  #isAtStart = true;
  #hasRoot = false;
  #isInCdata = false;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  /** Reads the next piece. What it ends with may be told with a later piece only, or by {@link close}. */
  write(piece: string): void {
    if (UNCARRIED.test(piece)) malformed();
    this.#pending += piece;
    if (this.#pending.length >= this.#enough) this.#readPending();
  }

  /** Ends the document; then another can be read. */
  close(): void {
    this.#readPending();
    if (!this.#hasRoot && BLANKS.test(this.#pending)) refuse('it is empty');
    if (this.#open.length > 0 || !this.#hasRoot) malformed();
    this.#characters(this.#pending);
    this.#pending = '';
    this.#enough = 0;
    this.#mayHaveByteOrderMark = true;
    this.#isAtStart = true;
    this.#hasRoot = false;
  }

  #readPending(): void {
    const text = this.#pending;
    let at = this.#mayHaveByteOrderMark && text.startsWith('\ufeff') ? 1 : 0;
    if (text !== '') this.#mayHaveByteOrderMark = false;
    while (at < text.length) {
      const next = this.#read(text, at);
      if (next === at) break;
      at = next;
      this.#isAtStart = false;
    }
    this.#pending = text.slice(at);
    const {length} = this.#pending;
    this.#enough = length > SHORT ? length * 1.5 : 0;
  }

  /** Reads what begins there, and gives where the next begins: at the same place if more of the text is needed. */
  #read(text: string, at: number): number {
    if (this.#isInCdata) return this.#cdata(text, at);
    if (text[at] !== '<') return this.#untilMarkup(text, at);
    const end = this.#markup(text, at);
    if ((end === at ? text.length : end) - at > LONGEST)
      turnDown(`it has a tag, a comment or an instruction of more than ${LONGEST} characters`);
    return end;
  }

  #markup(text: string, at: number): number {
    switch (text[at + 1]) {
      case undefined:
        return at;
      case '/':
        return this.#endTag(text, at);
      case '!':
        return this.#exclamation(text, at);
      case '?':
        return this.#instruction(text, at);
      default:
        return this.#startTag(text, at);
    }
  }

  #untilMarkup(text: string, at: number): number {
    const markup = text.indexOf('<', at);
    const end = markup === -1 ? certainEnd(text, unfinishedReference(text, at)) : markup;
    if (end > at) this.#characters(text.slice(at, end));
    return Math.max(at, end);
  }

  #characters(text: string): void {
    if (this.#open.length === 0) {
      if (!BLANKS.test(text)) malformed();
    } else {
      if (text.includes(']]>')) malformed();
      this.#handlers.text(SPECIAL.test(text) ? decoded(text) : text);
    }
  }

  #cdata(text: string, at: number): number {
    const close = text.indexOf(']]>', at);
    const end = close === -1 ? certainEnd(text, text.length) : close;
    if (end > at) this.#handlers.text(withLineEnds(text.slice(at, end)));
    this.#isInCdata = close === -1;
    return close === -1 ? Math.max(at, end) : close + 3;
  }

  #startTag(text: string, at: number): number {
    const end = text.indexOf('>', at) + 1;
    if (end === 0) return at;
    const known = this.#tags.get(text.slice(at, end));
    if (known !== undefined) {
      this.#start(known);
      return end;
    }
    START_TAG.lastIndex = at;
    const found = START_TAG.exec(text);
    if (found === null) {
      WHOLE_TAG.lastIndex = at;
      return WHOLE_TAG.test(text) ? malformed() : at;
    }
    const [whole, name = '', attributes = '', slash] = found;
    const tag = {...startTag(name, attributes), isEmpty: slash !== ''};
    // One with a `>` in a value would not be found again.
    if (whole.length <= LONGEST_TAG && at + whole.length === end) {
      if (this.#tags.size >= MOST_TAGS) this.#tags.clear();
      this.#tags.set(copied(whole), tag);
    }
    this.#start(tag);
    return at + whole.length;
  }

  #start(tag: KnownTag): void {
    if (this.#open.length === 0 && this.#hasRoot) malformed();
    this.#hasRoot = true;
    this.#handlers.start(tag);
    if (tag.isEmpty) this.#handlers.end();
    else this.#open.push(tag.qualified);
  }

  #endTag(text: string, at: number): number {
    const name = this.#open.at(-1);
    END_TAG.lastIndex = at;
    const isPlain = name !== undefined && text.startsWith(name, at + 2) && text[at + 2 + name.length] === '>';
    const end = isPlain ? at + name.length + 3 : END_TAG.exec(text)?.[1] === name ? END_TAG.lastIndex : 0;
    if (name === undefined || end === 0) return text.includes('>', at) ? malformed() : at;
    this.#open.pop();
    this.#handlers.end();
    return end;
  }

  /** `<!` begins a comment or CDATA. */
  #exclamation(text: string, at: number): number {
    const {comment, cdata, doctype} = OPENINGS;
    if (text.startsWith(comment, at)) {
      const dashes = text.indexOf('--', at + comment.length);
      if (dashes === -1 || dashes + 2 === text.length) return at;
      return text[dashes + 2] === '>' ? dashes + 3 : malformed();
    }
    if (text.startsWith(cdata, at) && this.#open.length > 0) {
      this.#isInCdata = true;
      return at + cdata.length;
    }
    if (text.startsWith(doctype, at)) refuse('it has a DOCTYPE, which SOAP forbids');
    const begun = text.slice(at);
    return Object.values(OPENINGS).some((opening) => opening.startsWith(begun)) ? at : malformed();
  }

  #instruction(text: string, at: number): number {
    const close = text.indexOf('?>', at + 2);
    if (close === -1) return at;
    const body = text.slice(at + 2, close);
    const target = INSTRUCTION.exec(body)?.[1] ?? malformed();
    if (target.toLowerCase() === 'xml' && !(this.#isAtStart && DECLARATION.test(body))) malformed();
    return close + 2;
  }
}

function startTag(qualified: string, attributes: string) {
  const names = new Set<string>();
  let type: string | null = null;
  for (const [, name = '', quoted = ''] of attributes.matchAll(ATTRIBUTE)) {
    if (names.has(name)) malformed();
    names.add(name);
    const value = decoded(quoted.slice(1, -1).replace(/\r\n|[\t\r\n]/g, ' '));
    // `type` marks a reference, `<prefix>:type` a polymorphic value; no element of vim25 has both.
    if (localName(name) === 'type') type ??= localName(value);
  }
  return {name: localName(qualified), qualified: copied(qualified), type, attributeCount: names.size};
}

function localName(qualified: string): string {
  return copied(qualified.slice(qualified.indexOf(':') + 1));
}

/** Where the last reference begins if its end is not there yet; otherwise the end of the text. */
function unfinishedReference(text: string, at: number): number {
  const begin = text.lastIndexOf('&');
  if (begin < at || text.includes(';', begin)) return text.length;
  return text.length - begin > LONGEST ? malformed() : begin;
}

/** Without what may turn out to be something else: the first half of a line end, and the beginning of `]]>`. */
function certainEnd(text: string, end: number): number {
  const last = text[end - 1];
  if (last === '\r') return end - 1;
  if (last !== ']') return end;
  return text[end - 2] === ']' ? end - 2 : end - 1;
}

/** Text as it is meant: with its references resolved, and its line ends as XML wants them. */
function decoded(raw: string): string {
  const text = withLineEnds(raw);
  let meant = '';
  let from = 0;
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', from)) {
    const end = text.indexOf(';', at);
    if (end === -1 || end - at > LONGEST) malformed();
    meant += text.slice(from, at) + character(text.slice(at + 1, end));
    from = end + 1;
  }
  return meant + text.slice(from);
}

function withLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** Characters by the references met so far: few different ones, but a ledger has one for each quotation mark. */
const CHARACTERS = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function character(reference: string): string {
  const known = CHARACTERS.get(reference);
  if (known !== undefined) return known;
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference) ?? malformed();
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  const found = isCharacter ? String.fromCodePoint(code) : malformed();
  if (UNCARRIED.test(found)) malformed();
  // Only code points below 256, in short spellings, so that this stays small.
  if (code < 256 && reference.length < 7) CHARACTERS.set(reference, found);
  return found;
}

/** The same text. V8 makes one of 13 characters or more a view of the text it is cut from, and so keeps that, too. */
export function copied(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString();
}

function malformed(): never {
  refuse('it is not well-formed XML');
}

/** Asking again would give an answer that is too large again. */
export function turnDown(why: string): never {
  throw new VchError('VCH_ERR_TRANSPORT', `the server's answer is not taken: ${why}`, {failure: 'doubtful'});
}

/** What is no SOAP message may be an answer that was cut off. */
export function refuse(what: string): never {
  throw new VchError('VCH_ERR_TRANSPORT', `the server's answer is no SOAP message: ${what}`, {
    failure: 'maybe-done',
  });
}
