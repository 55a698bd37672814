import fc from 'fast-check';

/** Texts that parsers trip over. */
const ODD_TEXTS = [
  '',
  '<nil>',
  '0',
  '-1',
  '1e999',
  '99999999999999999999',
  'true',
  '__proto__',
  'constructor',
  'toString',
  'vch-migrate/ledger',
  '\u0000',
  '\ud800',
  '\ufffe',
  '\u202e',
  '名前😀',
  ' \t\r\n',
  '|'.repeat(1000),
  '//'.repeat(10_000),
  'x'.repeat(100_000),
  '<![CDATA[x]]>',
  '{"v":1}',
  '*',
];

/** One of these; of the long ones, which take their time, only now and then one. */
function oneOfTexts(texts: readonly string[]): fc.Arbitrary<string> {
  const [long, short] = [true, false].map((is) => texts.filter(({length}) => length > 1000 === is));
  return fc.oneof(
    {weight: 200, arbitrary: fc.constantFrom(...(short ?? []))},
    {weight: 1, arbitrary: fc.constantFrom(...(long?.length ? long : ['']))},
  );
}

/** A text of any kind, of ours, or long. */
export const oddText = fc.oneof(oneOfTexts(ODD_TEXTS), fc.string({unit: 'binary'}), fc.string());

const oddNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 0.5, 1e15, 1e21, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 32),
  fc.integer(),
  fc.double({noNaN: true, noDefaultInfinity: true}),
);

/** Texts that stand for values too deep to be written by JSON.stringify. */
const DEPTHS = new Map([10, 5000].map((depth) => [`nested ${depth} times`, nested(depth)]));

function nested(depth: number): string {
  return `${'{"folders":['.repeat(depth)}${']}'.repeat(depth)}`;
}

/** A JSON value that stands where another one is expected. */
const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  {weight: 4, arbitrary: oddText},
  {weight: 3, arbitrary: oddNumber},
  {weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [null], [[]])},
  {weight: 1, arbitrary: fc.constantFrom(...DEPTHS.keys())},
  {weight: 1, arbitrary: fc.constantFrom('{"__proto__":{"x":1}}', '{"constructor":null}').map(parsed)},
);

function parsed(json: string): unknown {
  return JSON.parse(json);
}

interface JsonEdit {
  /** Which value of the document, counted over and over. */
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'rename' | 'repeat' | 'swap';
  readonly by: unknown;
  readonly name: string;
}

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.record({
  at: fc.nat(100_000),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'repeat', 'swap'),
  by: oddJson,
  name: oddText,
});

/** The text of one of these documents, with some of its values replaced, removed, renamed, repeated or swapped. */
export function mutatedJson(documents: readonly unknown[]): fc.Arbitrary<string> {
  const texts = documents.map((document) => JSON.stringify(document));
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(jsonEdit, {maxLength: 4}))
    .map(([text, edits]) => deepened(JSON.stringify(edits.reduce(editedJson, parsed(text)))));
}

function deepened(json: string): string {
  return [...DEPTHS].reduce(
    (text, [word, value]) => text.replaceAll(`"${word}":`, '"":').replaceAll(`"${word}"`, value),
    json,
  );
}

/** The same, which may be damaged besides. */
export function mutatedJsonText(documents: readonly unknown[]): fc.Arbitrary<string> {
  const sound = mutatedJson(documents);
  const texts = documents.map((document) => JSON.stringify(document));
  return fc.oneof({weight: 3, arbitrary: sound}, {weight: 1, arbitrary: mutatedText(texts, JSON_TOKENS)});
}

const JSON_TOKENS = ['{', '}', '[', ']', ',', ':', '"', 'null', '1e999', '\\u0000', '\\ud800', '"a":'];

type Holder = unknown[] | Record<string, unknown>;

function editedJson(document: unknown, {at, kind, name, by: given}: JsonEdit): unknown {
  const by = copied(given);
  const places = placesIn(document);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return by;
  const {holder, key} = place;
  if (Array.isArray(holder)) {
    const index = Number(key);
    if (kind === 'remove') holder.splice(index, 1);
    else if (kind === 'repeat') holder.push(copied(holder[index]), copied(holder[index]));
    else holder[index] = by;
    return document;
  }
  const value = holder[key];
  if (kind === 'swap') {
    const other = places[(at + 7) % places.length] ?? place;
    define(holder, key, copied(Reflect.get(other.holder, other.key)));
  }
  if (kind === 'remove' || kind === 'rename') delete holder[key];
  if (kind === 'rename' || kind === 'repeat') define(holder, name, copied(value));
  if (kind === 'replace') define(holder, key, by);
  return document;
}

/** Like an assignment, but a member of its own even where it is called `__proto__`. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, {value, configurable: true, enumerable: true, writable: true});
}

/** No value stands in two places: the next edit would change it in both. */
function copied(value: unknown): unknown {
  return structuredClone(value);
}

function placesIn(document: unknown): {readonly holder: Holder; readonly key: string}[] {
  const found: {readonly holder: Holder; readonly key: string}[] = [];
  const left: unknown[] = [document];
  for (let value = left.pop(); left.length > 0 || value !== undefined; value = left.pop()) {
    if (!isHolder(value)) continue;
    for (const [key, member] of Object.entries(value)) {
      found.push({holder: value, key});
      left.push(member ?? '');
    }
  }
  return found;
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null;
}

interface TextEdit {
  readonly at: number;
  readonly length: number;
  readonly kind: 'insert' | 'remove' | 'repeat' | 'move' | 'cut';
  readonly token: string;
}

/** One of these texts, damaged: pieces are removed, repeated, moved, cut off, and tokens inserted. */
export function mutatedText(texts: readonly string[], tokens: readonly string[]): fc.Arbitrary<string> {
  const edit: fc.Arbitrary<TextEdit> = fc.record({
    at: fc.nat(1_000_000),
    length: fc.oneof(fc.nat(8), fc.nat(500)),
    kind: fc.constantFrom('insert', 'insert', 'insert', 'remove', 'repeat', 'move', 'cut'),
    token: fc.oneof({weight: 4, arbitrary: oneOfTexts(tokens)}, {weight: 1, arbitrary: oddText}),
  });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, {maxLength: 5}))
    .map(([text, edits]) => edits.reduce(editedText, text));
}

function editedText(text: string, {at, length, kind, token}: TextEdit): string {
  const from = at % (text.length + 1);
  const [head, piece, tail] = [
    text.slice(0, from),
    text.slice(from, from + length),
    text.slice(from + length),
  ];
  switch (kind) {
    case 'insert':
      return head + token + piece + tail;
    case 'remove':
      return head + tail;
    case 'repeat':
      return head + piece.repeat(3) + tail;
    case 'move':
      return piece + head + tail;
    case 'cut':
      return head;
  }
}
