import {expect} from 'chai';
import fc from 'fast-check';
import {maskText, maskValue} from '../../src/extraconfig/mask.js';

// Digits only, and long: such a string is in no key, host or variable name by chance.
const secret = fc.stringMatching(/^[0-9]{12,20}$/);
const passwordWith = fc.tuple(secret, fc.constantFrom('', '/', '@', '?', '#', ':', '%40', '"', "'"), secret);

describe('masking', () => {
  it('shows nothing of an encrypted value', () => {
    expect(maskValue('guestinfo.vice./connect/token@secret', 'abc')).to.equal('(sensitive)');
    expect(maskValue('guestinfo.vice./connect/token@secret', '')).to.equal('(sensitive)');
  });

  it('shows of a list of variables their names only', () => {
    expect(maskValue('guestinfo.vice./init/sessions|vicadmin/cmd/Env~', 'A=x=y|B=|tail')).to.equal(
      'A=(sensitive)|B=(sensitive)|(sensitive)',
    );
  });

  it('masks the user part of a URL and leaves the rest', () => {
    expect(maskValue('a', 'see http://user:p@host:3128/x and //u@h')).to.equal(
      'see http://(sensitive)@host:3128/x and //(sensitive)@h',
    );
    expect(maskText('http:%2F%2fuser:p@host')).to.equal('http:%2F%2f(sensitive)@host');
    expect(maskText('https://host:5000/path')).to.equal('https://host:5000/path');
    expect(maskText('mail me@example')).to.equal('mail me@example');
  });

  it('never shows a planted secret', () => {
    fc.assert(
      fc.property(passwordWith, fc.constantFrom('', 'x ', 'a|'), ([a, separator, b], lead) => {
        const url = `${lead}http://user:${a}${separator}${b}@host:1`;
        for (const shown of [
          maskValue('x', url),
          maskValue('l~', url),
          maskValue('t@secret', `${a}${separator}${b}`),
          maskValue('s/cmd/Env~', `P=${a}${separator}${b}|Q=${url}`),
        ]) {
          expect(shown).not.to.include(a);
          expect(shown).not.to.include(b);
        }
      }),
    );
  });
});
