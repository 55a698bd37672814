import {expect} from 'chai';
import fc from 'fast-check';
import {displayNameOf, oldestDisplayNameOf, readConvention} from '../../src/rename/display-name.js';

const ID = '0123456789ab'.padEnd(64, 'c');

function named(raw: string | undefined, name: string): string {
  return displayNameOf(readConvention(raw), {containerId: ID, name});
}

describe('rename: display names', () => {
  const cases: readonly (readonly [string | undefined, string, string])[] = [
    [undefined, 'web', 'web-0123456789ab'],
    ['', 'web', 'web-0123456789ab'],
    ['<nil>', 'web', 'web-0123456789ab'],
    ['{name}', 'web', 'web'],
    ['{id}', 'web', '0123456789ab'],
    ['x-{name}-{id}-y', 'web', 'x-web-0123456789ab-y'],
    ['{id}{id}', 'web', '0123456789ab0123456789ab'],
    ['{name}/{name}', 'web', 'web/web'],
    ['{name}-{foo}', 'web', 'web-{foo}'],
    ['{id}-{name', 'web', '0123456789ab-{name'],
    // 67 is what the default leaves for the name.
    ['{name}-{id}', 'n'.repeat(64), `${'n'.repeat(64)}-0123456789ab`],
    ['{name}-{id}', 'n'.repeat(200), `${'n'.repeat(67)}-0123456789ab`],
    ['{name}', 'n'.repeat(200), 'n'.repeat(80)],
    ['x-{name}-{id}-y', 'n'.repeat(200), `x-${'n'.repeat(63)}-0123456789ab-y`],
    ['{id}', 'n'.repeat(200), '0123456789ab'],
    [`${'l'.repeat(68)}{id}{name}`, 'web', `${'l'.repeat(68)}0123456789ab`],
    // No half characters: 22 of three bytes fit into 67.
    ['{name}-{id}', '名'.repeat(40), `${'名'.repeat(22)}-0123456789ab`],
  ];
  for (const [raw, name, wanted] of cases) {
    it(`makes ${wanted} of ${name.slice(0, 10)} (${name.length}) by ${JSON.stringify(raw)}`, () => {
      expect(readConvention(raw).problem).to.equal(null);
      expect(named(raw, name)).to.equal(wanted);
    });
  }

  const malformed = [
    'static',
    '{Name}',
    '{ name }',
    '{name',
    `${'l'.repeat(69)}{id}`,
    `${'l'.repeat(80)}{name}`,
    'a\n{name}',
  ];
  for (const raw of malformed) {
    it(`says that ${JSON.stringify(raw.slice(-12))} cannot be used, and takes the default`, () => {
      expect(readConvention(raw).problem).to.be.a('string');
      expect(named(raw, 'web')).to.equal('web-0123456789ab');
    });
  }

  it('gives every name within 80 bytes, and the id whole, whatever the convention and the name are', () => {
    const token = fc.constantFrom('{name}', '{id}', '{', '}', 'é', '🐳', '-', 'literal', '{name}{id}');
    const conventions = fc.array(token, {maxLength: 12}).map((parts) => parts.join(''));
    fc.assert(
      fc.property(conventions, fc.string({unit: 'grapheme', minLength: 1, maxLength: 200}), (raw, name) => {
        const convention = readConvention(raw);
        const result = displayNameOf(convention, {containerId: ID, name});
        expect(Buffer.byteLength(result)).to.be.within(1, 80);
        expect(result.isWellFormed()).to.equal(name.isWellFormed());
        if (convention.template.includes('{id}')) expect(result).to.include('0123456789ab');
        if (convention.template === '{name}-{id}' && Buffer.byteLength(name) <= 67)
          expect(result).to.equal(`${name}-0123456789ab`);
      }),
    );
  });

  it('knows how VIC 0.8 named them', () => {
    expect(oldestDisplayNameOf({containerId: ID, name: 'postgres-orders-primary'})).to.equal(
      `postgres-orders-${ID}`,
    );
    expect(oldestDisplayNameOf({containerId: ID, name: 'web'})).to.equal(`web-${ID}`);
  });
});
