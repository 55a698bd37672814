import {expect} from 'chai';
import fc from 'fast-check';
import {SaxesParser} from 'saxes';
import {
  child,
  childrenNamed,
  childText,
  escapeText,
  readTree,
  type XmlElement,
  xmlElements,
  xmlString,
  xmlText,
} from '../../src/vim25/xml.js';
import {rejection} from '../rejection.js';
import {piecesOf} from './incoming.js';

function parsed(xml: string): string {
  let text = '';
  const parser = new SaxesParser();
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('cdata', (piece) => {
    text += `(cdata)${piece}`;
  });
  parser.write(`<v>${xml}</v>`).close();
  return text;
}

describe('vim25/xml: text', () => {
  // What XML 1.0 can carry at all; the rest is refused before it comes here.
  const carried = fc
    .string({unit: 'binary'})
    .map((text) => text.toWellFormed())
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones XML cannot carry
    .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''));

  it('gives every text back unchanged through another parser', () => {
    fc.assert(fc.property(carried, (text) => parsed(escapeText(text)) === text));
  });

  for (const text of ['<![CDATA[x]]>', ']]>', '\r\n\t ', '  both ends  ', '&amp;', '<a>', '😀']) {
    it(`keeps ${JSON.stringify(text)}`, () => {
      expect(parsed(escapeText(text))).to.equal(text);
    });
  }
});

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The tree of a text that comes in whole. */
const tree = (xml: string) => readTree(piecesOf(xml));

/** The text of one element with that content. */
async function textOf(content: string): Promise<string> {
  return (await tree(`${HEAD}<v>${content}</v>`)).text;
}

describe('vim25/xml: an answer', () => {
  it('becomes elements with names, types and texts, without the prefixes', async () => {
    const answer =
      '<s:Envelope xmlns:s="s" xmlns:x="x"><s:Body><r xmlns="urn:vim25"><obj type="VirtualMachine">vm-1</obj>' +
      '<val x:type="ns1:OptionValue"><key>k</key><value x:type="xsd:string">v</value></val><empty/></r></s:Body></s:Envelope>';
    const leaf = (name: string, type: string | null, text: string) => ({name, type, text, children: []});
    const envelope = await tree(HEAD + answer);
    expect(envelope.name).to.equal('Envelope');
    expect(child(child(envelope, 'Body'), 'r')).to.deep.equal({
      ...leaf('r', null, ''),
      children: [
        leaf('obj', 'VirtualMachine', 'vm-1'),
        {
          ...leaf('val', 'OptionValue', ''),
          children: [leaf('key', null, 'k'), leaf('value', 'string', 'v')],
        },
        leaf('empty', null, ''),
      ],
    });
  });

  const TEXTS: Readonly<Record<string, readonly [content: string, text: string]>> = {
    'blanks only': ['  \t \n ', '  \t \n '],
    'blanks at both ends': [' a ', ' a '],
    'escaped line ends': ['a&#xD;&#xA;&#x9;b', 'a\r\n\tb'],
    'the five entities': ['&lt;&gt;&amp;&quot;&apos;', `<>&"'`],
    'escapes that are text': ['&amp;lt; &amp;#65;', '&lt; &#65;'],
    'characters by number': ['&#65;&#x42;&#128512;&#x1F600;', 'AB😀😀'],
    CDATA: ['a<![CDATA[<b>&amp;]] ]>]]>c', 'a<b>&amp;]] ]>c'],
    'CDATA that looks like a document': [
      '<![CDATA[<?xml version="1.0"?><v>x</v>]]>',
      '<?xml version="1.0"?><v>x</v>',
    ],
    'a comment inside': ['a<!-- <b> -->c', 'ac'],
    'more than 64 KiB': [
      `${'y'.repeat(70_000)}&amp;${'ü'.repeat(70_000)}`,
      `${'y'.repeat(70_000)}&${'ü'.repeat(70_000)}`,
    ],
    "VIC's empty string": ['&lt;nil&gt;', '<nil>'],
  };
  for (const [what, [content, text]] of Object.entries(TEXTS)) {
    it(`keeps ${what}`, async () => {
      expect((await textOf(content)) === text).to.equal(true);
    });
  }

  it('is the same, wherever its pieces are cut', async () => {
    const xml = `${HEAD}<a t:type="x:y"><b>1😀&amp;ü<![CDATA[]]]]>&#x1F600;\r\n</b> <c/></a>`;
    const whole = JSON.stringify(await tree(xml));
    expect(whole).to.contain('1😀&ü]]😀\\n');
    for (let cut = 0; cut <= xml.length; cut += 1) {
      const cutThere = await readTree(piecesOf(xml.slice(0, cut), xml.slice(cut)));
      expect(JSON.stringify(cutThere), `cut at ${cut}`).to.equal(whole);
    }
    expect(JSON.stringify(await readTree(piecesOf(...xml)))).to.equal(whole);
    expect(JSON.stringify(await readTree(piecesOf(...xml.split(''))))).to.equal(whole);
  });

  it('that is there as a whole is read in slices, between which signals are heard', async () => {
    let heard = 0;
    const hear = () => {
      heard += 1;
      if (heard < 1_000) setImmediate(hear);
    };
    setImmediate(hear);
    const root = await readTree(`<e>${'<o>1</o>'.repeat(40_000)}</e>`);
    expect(root.children.length).to.equal(40_000);
    expect(heard).to.be.above(2);
    heard = 1_000;
  });

  const LONG: Readonly<Record<string, string>> = {
    'a long tag': `<e x="${'x'.repeat(3_000)}"><o>1</o><o>2</o></e>`,
    'a long comment before the root': `<!--${'x'.repeat(3_000)}--><e><o>1</o><o>2</o></e>`,
    'a long instruction before the root': `<?a ${'x'.repeat(3_000)}?><e><o>1</o><o>2</o></e>`,
    'a long reference': `<e><o>&#${'0'.repeat(3_000)}49;</o><o>2</o></e>`,
    'a long end tag': `<e><o>1</o><o>2</o></e${' '.repeat(3_000)}>`,
  };
  for (const [what, xml] of Object.entries(LONG)) {
    it(`is the same, wherever its pieces are cut: ${what}`, async () => {
      const readIn = async (pieces: readonly string[]) => {
        const taken: string[] = [];
        const take = ({text}: XmlElement) => taken.push(text);
        const root = await readTree(piecesOf(...pieces), {streamed: {path: ['e', 'o'], take}});
        expect(root).to.deep.equal({name: 'e', type: null, text: '', children: []});
        expect(taken).to.deep.equal(['1', '2']);
      };
      for (let at = 0; at <= xml.length; at += 7) await readIn([xml.slice(0, at), xml.slice(at)]);
      await readIn(xml.split(''));
    });
  }

  const REFUSED: Readonly<Record<string, readonly [xml: string, why: string]>> = {
    'a DOCTYPE': ['<!DOCTYPE v [<!ENTITY a "b">]><v>&a;</v>', 'DOCTYPE'],
    'an entity that nobody declared': ['<v>&bomb;</v>', 'well-formed'],
    'half a document': ['<a><b>x</b>', 'well-formed'],
    'two documents': ['<a/><b/>', 'well-formed'],
    'a wrong end': ['<a><b></a></b>', 'well-formed'],
    'text only': ['hello', 'well-formed'],
    'half a tag': ['<soapenv:Env', 'well-formed'],
    'a comment only': ['<!-- a -->', 'empty'],
    nothing: ['', 'empty'],
    'blanks only': [' \n ', 'empty'],
  };
  for (const [what, [xml, why]] of Object.entries(REFUSED)) {
    it(`is refused: ${what}`, async () => {
      const error = await rejection(tree(xml));
      expect(error).to.include({code: 'VCH_ERR_TRANSPORT', failure: 'maybe-done'});
      expect(error.message).to.contain(why);
    });
  }

  it('is read no further once it is refused', async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked += 1;
        yield '<a></b>';
      }
    }
    expect((await rejection(readTree(endless()))).message).to.contain('well-formed');
    expect(asked).to.equal(1);
  });

  it('hands out elements while it comes in, and keeps the rest', async () => {
    const taken: string[] = [];
    async function* answer() {
      yield '<E><B><r><v><n>0</n><o>1</o><o>';
      expect(taken).to.deep.equal(['1']);
      yield '2</o></v><o>not here</o></r><v><o>nor here</o></v></B></E>';
    }
    const streamed = {path: ['E', 'B', 'r', 'v', 'o'], take: ({text}: XmlElement) => taken.push(text)};
    const body = child(await readTree(answer(), {streamed}), 'B');
    expect(taken).to.deep.equal(['1', '2']);
    const response = child(body, 'r');
    expect(childText(child(response, 'v'), 'n')).to.equal('0');
    expect(childrenNamed(child(response, 'v'), 'o')).to.have.length(0);
    expect(childText(response, 'o')).to.equal('not here');
    expect(childText(child(body, 'v'), 'o')).to.equal('nor here');
  });

  it('is read as if it were the first, whatever was read before and is read meanwhile', async () => {
    const many = Array.from({length: 1_100}, (_, n) => `<n${n} p:type="q:t${n}"/>`).join('');
    const element = {text: '', children: []};
    const long = 'n'.repeat(200);
    const wanted: Readonly<Record<string, unknown>> = {
      [`<p:${long}/>`]: {...element, name: long, type: null},
      '<faultstring>x</faultstring>': {...element, name: 'faultstring', type: null, text: 'said'},
      '<a/>': {...element, name: 'a', type: null},
      '<?xml version="1.1"?><p:a p:type="q:b">\u0085</p:a>': {
        ...element,
        name: 'a',
        type: 'b',
        text: '\u0085',
      },
      '<a>\u0085</a>': {...element, name: 'a', type: null, text: '\u0085'},
      [`<a>${many}</a>`]: {
        ...{name: 'a', type: null, text: ''},
        children: Array.from({length: 1_100}, (_, n) => ({...element, name: `n${n}`, type: `t${n}`})),
      },
    };
    const answers = [...Object.keys(wanted), '<a type="x"><b', '<a></b>', '&', '<!DOCTYPE a><a/>'];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.constantFrom(...answers))), async (rounds) => {
        for (const round of rounds) {
          const read = await Promise.allSettled(
            round.map((xml) => readTree(piecesOf(...xml.split(/(?<=\n|>)/)), {said: () => 'said'})),
          );
          for (const [at, result] of read.entries()) {
            const one = wanted[round[at] ?? ''];
            expect(result.status).to.equal(one === undefined ? 'rejected' : 'fulfilled');
            if (result.status === 'fulfilled') expect(result.value).to.deep.equal(one);
          }
        }
      }),
      {numRuns: 20},
    );
  });

  it('may be as large as the ones before it together are not allowed to be', async () => {
    const xml = `<a>${'<b/>'.repeat(700_000)}</a>`;
    let taken = 0;
    const take = () => {
      taken += 1;
    };
    for (let answers = 0; answers < 3; answers += 1)
      await readTree(piecesOf(xml), {streamed: {path: ['a', 'b'], take}});
    expect(taken).to.equal(2_100_000);
  });

  it('is neither handed out nor changed as the one before was', async () => {
    const taken: string[] = [];
    const streamed = {path: ['a', 'b'], take: ({text}: XmlElement) => taken.push(text)};
    await readTree(piecesOf('<a><b>1</b></a>'), {streamed, said: () => 'said'});
    const read = await readTree(piecesOf('<a><b>2</b><faultstring>x</faultstring></a>'));
    expect(taken).to.deep.equal(['1']);
    expect(childText(read, 'b')).to.equal('2');
    expect(childText(read, 'faultstring')).to.equal('x');
  });

  it('encodes elements in their order, with attributes', async () => {
    const {$xml} = xmlElements({
      key: xmlText('a<&"'),
      value: xmlString(' 007\n'),
      obj: {attributes: {type: '"&<'}, ...xmlText('vm-1')},
    });
    const read = await tree(`<o xmlns:xsi="x">${$xml}</o>`);
    expect(read.children.map(({name, type, text}) => [name, type, text])).to.deep.equal([
      ['key', null, 'a<&"'],
      ['value', 'string', ' 007\n'],
      ['obj', '"&<', 'vm-1'],
    ]);
  });

  it("changes the server's own sentences as it is told, and no other text", async () => {
    const xml =
      '<f><faultstring>a&amp;b</faultstring><m><localizedMessage>a&amp;b</localizedMessage><v>a&amp;b</v></m></f>';
    const read = await readTree(piecesOf(xml), {said: (sentence) => sentence.replace('a&b', '***')});
    expect(childText(read, 'faultstring')).to.equal('***');
    expect(childText(child(read, 'm'), 'localizedMessage')).to.equal('***');
    expect(childText(child(read, 'm'), 'v')).to.equal('a&b');
  });
});
