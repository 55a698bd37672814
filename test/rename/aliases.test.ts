import {expect} from 'chai';
import fc from 'fast-check';
import {Draft} from '../../src/extraconfig/draft.js';
import {linksTo, relink, renameOwnAliases} from '../../src/rename/aliases.js';

const KEY = 'networks|bridge/network/aliases~';

function own(raw: string, from = 'web', to = 'shop'): string | null {
  const draft = new Draft({[KEY]: raw});
  renameOwnAliases(draft, from, to);
  return draft.raw(KEY);
}

function others(raw: string, from = 'db', to = 'pg'): string | null {
  const draft = new Draft({[KEY]: raw});
  relink(draft, [from], to);
  return draft.raw(KEY);
}

describe('rename: aliases and links', () => {
  const ofItself: readonly (readonly [string, string])[] = [
    [':web|db:database', ':shop|db:database'],
    [':frontend|:web', ':frontend|:shop'],
    ['web:me', 'shop:me'],
    // What the other container is called here is no name of this one.
    ['db:web', 'db:web'],
    [':web-2|:myweb', ':web-2|:myweb'],
    [':web|:web', ':shop|:shop'],
    ['web|a:b:web|', 'web|a:b:web|'],
    ['<nil>', '<nil>'],
  ];
  for (const [before, after] of ofItself) {
    it(`makes ${after} of its own ${before}`, () => expect(own(before)).to.equal(after));
  }

  const ofOthers: readonly (readonly [string, string])[] = [
    [':web|db:database', ':web|pg:database'],
    ['db:db', 'pg:db'],
    ['db:database|db:store', 'pg:database|pg:store'],
    [':db', ':db'],
    ['mydb:db|db2:x', 'mydb:db|db2:x'],
    ['db', 'db'],
    ['<nil>', '<nil>'],
  ];
  for (const [before, after] of ofOthers) {
    it(`makes ${after} of another one's ${before}`, () => expect(others(before)).to.equal(after));
  }

  it('changes the lists of all networks, and no other key', () => {
    const config = {
      'networks|a/network/aliases~': ':web',
      'networks|b/network/aliases~': ':web|:x',
      'networks|b/network/aliases': '1',
      // A network called `back net.1`.
      'networks|back net/1/network/aliases~': 'db:x|:web',
      'guestinfo.vice./networks|a/ports~': ':web',
      'guestinfo.vice./hostname': 'web',
      'other~': ':web',
    };
    const draft = new Draft(config);
    renameOwnAliases(draft, 'web', 'shop');
    expect(draft.changes()).to.deep.equal([
      {key: 'networks|a/network/aliases~', before: ':web', after: ':shop'},
      {key: 'networks|b/network/aliases~', before: ':web|:x', after: ':shop|:x'},
      {key: 'networks|back net/1/network/aliases~', before: 'db:x|:web', after: 'db:x|:shop'},
    ]);
  });

  it('tells which links lead to a container', () => {
    const config = {[KEY]: ':web|db:database|db:store|mq:db', 'networks|b/network/aliases~': 'db:x'};
    expect(linksTo(config, ['db']).map(({alias}) => alias)).to.deep.equal(['database', 'store', 'x']);
    expect(linksTo(config, ['db', 'mq']).map(({alias}) => alias)).to.deep.equal([
      'database',
      'store',
      'db',
      'x',
    ]);
    expect(linksTo(config, ['web'])).to.deep.equal([]);
    expect(linksTo(config, [])).to.deep.equal([]);
  });

  it('puts one name in the place of several', () => {
    const draft = new Draft({[KEY]: ':web|db:database|old-db:store|mq:q'});
    relink(draft, ['db', 'old-db'], 'pg');
    expect(draft.raw(KEY)).to.equal(':web|pg:database|pg:store|mq:q');
  });

  it('keeps the number of entries, every other entry and the bytes between, and can be taken back', () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,8}$/);
    const entry = fc.oneof(
      fc.tuple(fc.constantFrom('', 'web', 'db'), name).map(([who, what]) => `${who}:${what}`),
      fc.constantFrom(':web', 'web:db', 'db', '', 'a:b:c', ':', '::'),
      fc.string().map((text) => text.replaceAll('|', '')),
    );
    fc.assert(
      fc.property(fc.array(entry, {minLength: 1}), (entries) => {
        const before = entries.join('|');
        fc.pre(before !== '<nil>' && before !== '');
        for (const rename of [own, others]) {
          const after = rename(before, 'web', 'fresh-name')?.split('|') ?? [];
          expect(after).to.have.length(entries.length);
          entries.forEach((text, index) => {
            const parts = text.split(':');
            if (parts.length !== 2 || !parts.includes('web')) expect(after[index]).to.equal(text);
          });
        }
        fc.pre(!before.includes('fresh-name'));
        expect(own(own(before, 'web', 'fresh-name') ?? '', 'fresh-name', 'web')).to.equal(before);
      }),
    );
  });
});
