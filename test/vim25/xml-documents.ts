import fc from 'fast-check';

/** What texts and values are made of. */
const PARTS = [
  // So long that its end is not looked for with each piece.
  'v'.repeat(1_500),
  ...['a', 'vm-1', ' ', '\n', '\r\n', '\r', '\t', ']', ']]', '>', "'", '"', '=', '/', '😀', 'ü', '\u0085'],
  ...'&lt; &gt; &amp; &quot; &apos; &#34; &#x41; &#128512; &#xD; &#xa; &#0065;'.split(' '),
];
/** What makes a document another one, or none. */
const REFUSED = [
  ...'< & ]]> &nope; &#0; &#x1; &#xD800; &#xFFFE; &#x110000; &#; &#x; &; <!-- --> -- <![CDATA[ <? ?> </ /> <b'.split(
    ' ',
  ),
  ...[
    '<?xml version="1.0"?>',
    ' c="',
    '<!DOCTYPE a>',
    '<!',
    '<!-',
    '<![CDATA',
    "<b c='&lt' >",
    '\u0001',
    '\ufeff',
  ],
  ...['<b c="1"d="2">', '<b c="1" c="2"/>', '<b 1="2"/>', '<b c=1/>', '<1/>'],
];
const NAMES = ['a', 'val', 'p:b', 'ü.-1', ':', '_x', '\u{10000}'];
const ATTRIBUTES = ['type', 'x:type', 'xmlns:x', 'n', 'ü'];
const blanks = fc.constantFrom('', ' ', '\n', '\t \r\n');
const joined = (parts: readonly string[], maxLength = 6) =>
  fc.array(fc.constantFrom(...parts), {maxLength}).map((some) => some.join(''));

const value = joined(PARTS, 4).map((text) =>
  text.includes('"') ? `'${text.replaceAll("'", '')}'` : `"${text}"`,
);
const attribute = fc
  .tuple(fc.constantFrom(...ATTRIBUTES), blanks, blanks, value)
  .map(([name, before, after, quoted]) => ({name, text: ` ${name}${before}=${after}${quoted}`}));
const start = fc
  .tuple(
    fc.constantFrom(...NAMES),
    fc.uniqueArray(attribute, {selector: ({name}) => name, maxLength: 3}),
    blanks,
  )
  .map(([name, attributes, after]) => ({
    name,
    tag: `<${name}${attributes.map(({text}) => text).join('')}${after}`,
  }));
// Nowhere may `]]>` come about, not even with the text before it.
const text = joined(PARTS).map((some) =>
  some.includes(']') || some.startsWith('>') ? some.replaceAll('>', '') : some,
);
const aside = fc.oneof(
  joined(['-', 'a', '<', '&', '\n'], 4).map(
    (some) => `<!--${some.replaceAll('--', '').replace(/-$/, '')}-->`,
  ),
  joined(['?', 'a', '<', '&', '\n'], 4).map((some) => `<?target ${some.replaceAll('?>', '')}?>`),
  fc.constant('<?xmlish?>'),
);
const cdata = joined([...PARTS, '<', '&']).map((some) => `<![CDATA[${some.replaceAll(']]>', '')}]]>`);
const {element} = fc.letrec<{element: string}>((tie) => ({
  element: fc
    .tuple(
      start,
      fc.array(fc.oneof({maxDepth: 4, withCrossShrink: true}, text, cdata, aside, tie('element')), {
        maxLength: 4,
      }),
      blanks,
      fc.boolean(),
    )
    .map(([{name, tag}, content, after, isEmpty]) =>
      content.length === 0 && isEmpty ? `${tag}/>` : `${tag}>${content.join('')}</${name}${after}>`,
    ),
}));
const DECLARATIONS = [
  '',
  '<?xml version="1.0"?>',
  "\ufeff<?xml version='1.0' encoding=\"UTF-8\" standalone='yes' ?>",
];
const around = fc.array(fc.oneof(blanks, aside), {maxLength: 2}).map((some) => some.join(''));
/** Well-formed documents, with everything that XML allows but a DOCTYPE. */
export const written = fc
  .tuple(fc.constantFrom(...DECLARATIONS), around, element, around)
  .map((parts) => parts.join(''));

/** Documents of which something was taken away, or to which something was added. */
export const spoiled = fc
  .tuple(
    written,
    fc.array(fc.tuple(fc.nat(), fc.nat({max: 3}), fc.constantFrom('', ...PARTS, ...REFUSED)), {
      minLength: 1,
      maxLength: 2,
    }),
  )
  .map(([document, changes]) => {
    let changed = document;
    for (const [where, count, added] of changes) {
      const at = where % (changed.length + 1);
      changed = changed.slice(0, at) + added + changed.slice(at + count);
    }
    // Text that was read as UTF-8 has no halves of characters.
    return changed.toWellFormed();
  })
  // The other parser takes a question mark right behind the target of an instruction, which XML does not allow.
  .filter((document) => !/<\?[^ \t\r\n?>]+\?(?!>)/.test(document));

/** A document in pieces. A character of two halves may be cut, too: long pieces are, before they come here. */
export const cut = (document: string, places: readonly number[]) => {
  const ends = [...places.map((place) => place % (document.length + 1)), document.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, at) => document.slice(ends[at - 1] ?? 0, end));
};
/** A document in pieces of that size. */
export const inPieces = (document: string, size: number) =>
  Array.from({length: Math.ceil(document.length / size)}, (_, n) => document.slice(n * size, (n + 1) * size));
/** Where to cut. */
export const cuts = fc.array(fc.nat(), {maxLength: 6});
