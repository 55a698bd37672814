import {expect} from 'chai';
import {LineCounter} from 'yaml';
import {parseYaml} from '../src/yaml-document.js';

const DEEP: Readonly<Record<string, string>> = {
  'lists on one line': `a: 1\nb: ${'['.repeat(100_000)}`,
  'closed lists': `a: 1\nb: ${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  'maps on one line': `a: 1\nb: ${'{c: '.repeat(5_000)}`,
  'items in items': `a: 1\n${'- '.repeat(5_000)}x`,
  'keys that are maps': `a: 1\n${'? '.repeat(5_000)}x`,
};

describe('yaml-document', () => {
  for (const [what, text] of Object.entries(DEEP)) {
    it(`refuses ${what} that are nested too deep, and says where`, () => {
      const lineCounter = new LineCounter();
      const [error] = parseYaml(text, {lineCounter}).errors;
      expect(error).to.include({code: 'RESOURCE_EXHAUSTION', message: 'nested more than 64 deep'});
      expect(error?.linePos?.[0].line).to.equal(2);
      expect(lineCounter.linePos(error?.pos[0] ?? 0)).to.deep.equal(error?.linePos?.[0]);
    });
  }

  it('reads what is less deep, however long it is', () => {
    const nested = `${'['.repeat(30)}1${']'.repeat(30)}`;
    const document = parseYaml(`# text\n${`- {a: ${nested}}\n`.repeat(200)}`);
    expect(document.errors).to.deep.equal([]);
    expect(document.toJS()).to.have.length(200);
  });
});
