import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {expect} from 'chai';
import fc from 'fast-check';
import {SaxesParser} from 'saxes';
import {hasCode} from '../../src/errors.js';
import {XmlScanner} from '../../src/vim25/xml-scanner.js';
import {sizeOf} from '../depth.js';
import {withinBounds} from '../fuzz/fuzz.js';
import {cut, cuts, inPieces, spoiled, written} from './xml-documents.js';

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
    start: ({name, type, attributeCount}) => notes.start(name, type, attributeCount),
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

/** As saxes reads it. */
function judged(document: string): Told {
  const notes = new Notes();
  const parser = new SaxesParser();
  const refuse = () => {
    throw new RangeError('refused');
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('text', (text) => {
    // saxes reports the blanks before the root as text.
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

  const EXAMPLES: Readonly<Record<string, readonly [pieces: readonly string[], told: Told]>> = {
    'something behind the root': [['<a/>]'], null],
    'half a reference behind the root': [['<a/>&'], null],
    'half of a root behind the root': [['<a/><'], null],
    'a byte order mark in a piece that is not the first': [
      ['<a>', '\ufeffx</a>'],
      [['a', null, 0], 'text \ufeffx', 'end'],
    ],
    'two byte order marks': [['\ufeff', '\ufeff<a/>'], null],
    'a second root': [['<a/><b/>'], null],
    'no root': [['<?xml version="1.0"?>'], null],
    'a declaration that is not at the start': [[' ', '<?xml version="1.0"?><a/>'], null],
    'a question mark behind the target of an instruction': [['<?a?b?><a/>'], null],
    'a type between other attributes': [
      ["<p:a b='>' x:type = \"xsd:s&#116;ring\" type='no'\n/>"],
      [['a', 'string', 3], 'end'],
    ],
  };
  for (const [what, [pieces, told]] of Object.entries(EXAMPLES))
    it(`reads or refuses ${what}`, () => {
      expect(scanned(pieces)).to.deep.equal(told);
    });

  /** Why a scanner refuses a document; `null` if it does not, or not before its end. */
  function refusal(pieces: readonly string[], {ends}: {readonly ends: boolean}): unknown {
    const scanner = new XmlScanner({start: () => {}, text: () => {}, end: () => {}});
    try {
      for (const piece of pieces) scanner.write(piece);
      if (ends) scanner.close();
      return null;
    } catch (error) {
      return error;
    }
  }

  it('refuses at once what nothing that follows could mend', () => {
    for (const begun of [
      '<a b>',
      '<a><b c="1" c="2">',
      '<a></b>',
      '<a>&nope;<',
      '<!DOCTYPE',
      '<!x',
      '<a>]]>',
      'x',
    ])
      expect(refusal([begun], {ends: false}), begun).to.include({
        code: 'VCH_ERR_TRANSPORT',
        failure: 'maybe-done',
      });
  });

  it('takes no tag, comment, instruction or reference that is too long, wherever it is cut', () => {
    const long = '0'.repeat(70_000);
    const tooLong = [
      `<a b="${long}"/>`,
      `<a><!--${long}-->`,
      `<?a ${long}?>`,
      `<a></a${long.replaceAll('0', ' ')}>`,
    ];
    for (const document of tooLong)
      for (const size of [1_000, 40_000, 65_000, 80_000])
        expect(refusal(inPieces(document, size), {ends: true}), document.slice(0, 9)).to.include({
          failure: 'doubtful',
        });
    for (const size of [1_000, 80_000])
      expect(refusal(inPieces(`<a>&#${long}65;</a>`, size), {ends: true})).to.include({
        failure: 'maybe-done',
      });
    for (const [begun, failure] of [
      ['<a b="', 'doubtful'],
      ['<a>&#', 'maybe-done'],
    ] as const)
      expect(refusal(inPieces(`${begun}${'0'.repeat(200_000)}`, 1_000), {ends: false})).to.include({failure});
    const longest = `<a b="${'0'.repeat(65_000)}"/>`;
    expect(scanned(inPieces(longest, 1_000))).to.deep.equal([['a', null, 1], 'end']);
  });

  const half = 'x'.repeat(500_000);
  const HOSTILE: Readonly<Record<string, string>> = {
    'a tag without an end': `<a ${half}`,
    'a tag of attributes without an end': `<a${' b="c"'.repeat(100_000)}`,
    'a tag of blanks': `<a${' '.repeat(500_000)}b`,
    'a tag with a > in a value, and without an end': `<a b=">"${' c="d"'.repeat(100_000)}`,
    'a value without an end, with a >': `<a b=">${half}`,
    'an end tag without an end': `<a></${half}`,
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
    it(`does not take long over ${what}, whole and in pieces`, async () => {
      for (const size of [document.length, 16 * 1024, 1_000])
        await withinBounds(() => scanned(inPieces(document, size)));
      await withinBounds(() => scanned(inPieces(document.slice(0, 60_000), 1)));
    });

  it('keeps a few short tags of what it has read, and no page that they were in', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const scanner = new XmlScanner({start: () => {}, text: () => {}, end: () => {}});
    const megabytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed / 1e6;
    };
    scanner.write('<r>');
    const before = megabytes();
    const read: Readonly<Record<string, (n: number) => string>> = {
      'tags in large pages': (n) => `<t${n} ${'x'.repeat(50)}="y"/>${' '.repeat(60_000)}`,
      'long tags': (n) => `<a b="${n}${'z'.repeat(60_000)}"/>`,
      'names in large pages': (n) => `<${'n'.repeat(20)}${n}></${'n'.repeat(20)}${n}>${' '.repeat(60_000)}`,
      'many tags': (n) => Array.from({length: 60}, (_, m) => `<a b="${n}.${m}${'z'.repeat(250)}"/>`).join(''),
    };
    for (const [what, piece] of Object.entries(read)) {
      for (let n = 0; n < 300; n += 1) scanner.write(piece(n));
      expect(megabytes() - before, what).to.be.below(5);
    }
    scanner.write('</r>');
    scanner.close();
  });

  it('reads the next document as if it were the first', () => {
    const notes = new Notes();
    const scanner = new XmlScanner({
      start: ({name}) => notes.start(name, null, 0),
      text: notes.text,
      end: notes.end,
    });
    for (const end of ['\n', '\r', '']) {
      scanner.write(`\ufeff<?xml version="1.0"?><a>1</a>${end}`);
      scanner.close();
    }
    expect(notes.all).to.deep.equal(
      Array(3)
        .fill([['a', null, 0], 'text 1', 'end'])
        .flat(),
    );
  });
});
