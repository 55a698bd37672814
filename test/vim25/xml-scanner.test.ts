import {expect} from 'chai';
import fc from 'fast-check';
import {SaxesParser} from 'saxes';
import {hasCode} from '../../src/errors.js';
import {XmlScanner} from '../../src/vim25/xml-scanner.js';
import {sizeOf} from '../depth.js';
import {withinBounds} from '../fuzz/fuzz.js';

/** What a document consists of; `null` if it is refused. */
type Told = readonly (string | readonly [name: string, type: string | null, attributes: number])[] | null;

/** Notes what a parser tells of a document; texts that follow each other are one. */
class Notes {
  readonly all: (string | readonly [string, string | null, number])[] = [];
  #text = '';

  readonly start = (name: string, type: string | null, attributes: number) => {
    this.#flush();
    this.all.push([name, type, attributes]);
  };
  readonly text = (text: string) => {
    this.#text += text;
  };
  readonly end = () => {
    this.#flush();
    this.all.push('end');
  };

  #flush(): void {
    if (this.#text !== '') this.all.push(`text ${this.#text}`);
    this.#text = '';
  }
}

/** As our own scanner reads it. */
function scanned(pieces: readonly string[]): Told {
  const notes = new Notes();
  const scanner = new XmlScanner({
    start: ({name, type, attributes}) => notes.start(name, type, attributes),
    text: notes.text,
    end: notes.end,
  });
  try {
    for (const piece of pieces) scanner.write(piece);
    scanner.close();
    return notes.all;
  } catch (error) {
    if (hasCode(error, 'VCH_ERR_TRANSPORT')) return null;
    throw error;
  }
}

const local = (name: string) => name.slice(name.indexOf(':') + 1);

/** As a parser reads it that others have written. */
function judged(document: string): Told {
  const notes = new Notes();
  const parser = new SaxesParser();
  const refuse = () => {
    throw new RangeError('refused');
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('text', (text) => {
    // Blanks around the root are told, too.
    if (notes.all.length > 0) notes.text(text);
  });
  parser.on('cdata', notes.text);
  parser.on('opentag', ({name, attributes}) => {
    const types = Object.entries(attributes).filter(([attribute]) => local(attribute) === 'type');
    const type = types[0]?.[1] ?? null;
    notes.start(local(name), type === null ? null : local(type), Object.keys(attributes).length);
  });
  parser.on('closetag', notes.end);
  try {
    parser.write(document).close();
    return notes.all;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const PARTS = [
  ...['a', 'vm-1', ' ', '\n', '\r\n', '\r', '\t', ']', ']]', '>', "'", '"', '=', '/', '😀', 'ü', '\u0085'],
  ...[
    '&lt;',
    '&gt;',
    '&amp;',
    '&quot;',
    '&apos;',
    '&#34;',
    '&#x41;',
    '&#128512;',
    '&#xD;',
    '&#xa;',
    '&#0065;',
  ],
];
const REFUSED = [
  ...[
    '<',
    '&',
    ']]>',
    '&nope;',
    '&#0;',
    '&#x1;',
    '&#xD800;',
    '&#xFFFE;',
    '&#x110000;',
    '&#;',
    '&#x;',
    '&;',
    '\u0001',
  ],
  ...[
    '<!--',
    '-->',
    '--',
    '<![CDATA[',
    '<?',
    '?>',
    '<?xml version="1.0"?>',
    '</',
    '/>',
    '<b',
    ' c="',
    '<!DOCTYPE a>',
  ],
  ...[
    '<!',
    '<!-',
    '<![CDATA',
    "<b c='&lt' >",
    '<b c="1"d="2">',
    '<b c="1" c="2"/>',
    '<b 1="2"/>',
    '<b c=1/>',
    '<1/>',
    '\ufeff',
  ],
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
const written = fc
  .tuple(fc.constantFrom(...DECLARATIONS), around, element, around)
  .map((parts) => parts.join(''));

/** Documents of which something was taken away, or to which something was added. */
const spoiled = fc
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
    // A character of two halves is never cut by who reads UTF-8.
    return changed.toWellFormed();
  })
  // The other parser takes a question mark right behind the target of an instruction, which XML does not allow.
  .filter((document) => !/<\?[^ \t\r\n?>]+\?(?!>)/.test(document));

/** A document in pieces; a character of two halves stays whole, as whoever reads UTF-8 leaves it. */
const cut = (document: string, places: readonly number[]) => {
  const characters = [...document];
  const ends = [...places.map((place) => place % (characters.length + 1)), characters.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, at) => characters.slice(ends[at - 1] ?? 0, end).join(''));
};
const cuts = fc.array(fc.nat(), {maxLength: 6});
const numRuns = sizeOf('documents on which another parser judges', {
  sample: 1_500,
  ci: 15_000,
  exhaustive: 200_000,
});
const seed = Number(process.env.VCH_TEST_SEED ?? 1);

describe('vim25/xml-scanner', () => {
  it('reads what is well-formed as another parser does, wherever it is cut', () => {
    fc.assert(
      fc.property(written, cuts, (document, places) => {
        const wanted = judged(document);
        expect(wanted).not.to.equal(null);
        expect(scanned([document])).to.deep.equal(wanted);
        expect(scanned(cut(document, places))).to.deep.equal(wanted);
      }),
      {numRuns, seed},
    );
  });

  it('refuses what another parser refuses, wherever it is cut, and nothing else', () => {
    let refused = 0;
    fc.assert(
      fc.property(spoiled, cuts, (document, places) => {
        const wanted = judged(document);
        if (wanted === null) refused += 1;
        expect(scanned([document])).to.deep.equal(wanted);
        expect(scanned(cut(document, places))).to.deep.equal(wanted);
      }),
      {numRuns, seed},
    );
    expect(refused).to.be.within(numRuns / 20, numRuns - numRuns / 20);
  });

  const half = 'x'.repeat(500_000);
  const HOSTILE: Readonly<Record<string, string>> = {
    'a tag without an end': `<a ${half}`,
    'a tag of attributes without an end': `<a${' b="c"'.repeat(100_000)}`,
    'a tag of blanks': `<a${' '.repeat(500_000)}b`,
    'quotation marks': `<a ${'"'.repeat(500_001)}`,
    'a tag of quotation marks': `<a b="${`'">`.repeat(100_000)}`,
    'equals signs': `<a${' b='.repeat(100_000)}>`,
    'an end tag of blanks': `<a></a${' '.repeat(500_000)}`,
    'a comment without an end': `<!--${half}`,
    ampersands: `<a>${'&'.repeat(500_000)}`,
    'a reference without an end': `<a>&${half}`,
    digits: `<a>&#${'0'.repeat(500_000)}65;</a>`,
    'CDATA that nearly ends': `<a><![CDATA[${']]'.repeat(250_000)}`,
    'open elements': '<a>'.repeat(200_000),
    'tags that are all different': Array.from({length: 50_000}, (_, n) => `<a b="${n}">`).join(''),
    'the same attribute again and again': `<a${Array.from({length: 5_000}, (_, n) => ` b${n}="1"`).join('')}/>`,
  };
  for (const [what, document] of Object.entries(HOSTILE))
    it(`takes no long time for ${what}, whole and in pieces`, async () => {
      for (const size of [document.length, 16 * 1024, 1_000])
        await withinBounds(() => {
          const pieces = Math.ceil(document.length / size);
          scanned(Array.from({length: pieces}, (_, n) => document.slice(n * size, (n + 1) * size)));
        });
    });

  it('waits for the end of a tag, a comment or a reference, but not for ever', () => {
    for (const begun of ['<a b="', '<a><!-- ', '<a>&#', '<?target ', '</'])
      expect(scanned([begun, ...Array(70).fill('0'.repeat(1_000))]), begun).to.equal(null);
    expect(scanned([`<a b="${'0'.repeat(60_000)}`, '"/>'])).to.deep.equal([['a', null, 1], 'end']);
  });

  it('reads the next document as if it were the first', () => {
    const notes = new Notes();
    const scanner = new XmlScanner({
      start: ({name}) => notes.start(name, null, 0),
      text: notes.text,
      end: notes.end,
    });
    for (let documents = 0; documents < 3; documents += 1) {
      scanner.write('\ufeff<?xml version="1.0"?><a>1</a>\n');
      scanner.close();
    }
    expect(notes.all).to.deep.equal(
      Array(3)
        .fill([['a', null, 0], 'text 1', 'end'])
        .flat(),
    );
  });
});
