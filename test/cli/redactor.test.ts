import {expect} from 'chai';
import fc from 'fast-check';
import {Redactor} from '../../src/cli/redactor.js';

describe('redactor', () => {
  const redactor = new Redactor();
  redactor.add('s3cret&"pass');

  const spellings: readonly (readonly [string, string])[] = [
    ['as it is', 'password s3cret&"pass was wrong'],
    ['percent-encoded', 'https://h/x?p=s3cret%26%22pass'],
    ['in XML', '<x>s3cret&amp;&quot;pass</x>'],
    ['in JSON', '{"p":"s3cret&\\"pass"}'],
  ];
  for (const [name, text] of spellings) {
    it(`takes out a secret ${name}`, () => {
      expect(redactor.redact(text)).to.include('***').and.not.include('s3cret');
    });
  }

  const shapes: readonly (readonly [string, string])[] = [
    ['session cookies', 'vmware_soap_session="52c3planted"; Path=/; HttpOnly'],
    ['unquoted session cookies', 'vmware_soap_session=planted'],
    ['cookie headers', 'Set-Cookie: a=planted'],
    ['credentials of URLs', 'http://user:planted@proxy:3128/'],
    ['user parts without a password', 'https://planted@proxy/'],
    ['passwords of a Login', '<vim:password xsi:type="xsd:string">planted</vim:password>'],
  ];
  for (const [name, text] of shapes) {
    it(`takes out ${name} that nobody told it of`, () => {
      expect(new Redactor().redact(text))
        .to.match(/\*\*\*|\(sensitive\)/)
        .and.not.include('planted');
    });
  }

  it('leaves everything else alone', () => {
    const text = 'vch1 (vm-12) on https://vc.example:8443/sdk: mail ann@example.org';
    expect(redactor.redact(text)).to.equal(text);
  });

  it('never lets a planted secret through, whatever stands around it', () => {
    const secret = fc
      .string({unit: 'grapheme', minLength: 4})
      .map((text) => `aB3${text}-x9Z`)
      .filter((text) => !'***'.includes(text.trim()));
    fc.assert(
      fc.property(
        secret,
        fc.string({unit: 'grapheme'}),
        fc.string({unit: 'grapheme'}),
        (planted, before, after) => {
          const own = new Redactor();
          own.add(planted);
          expect(own.redact(before + planted + after)).to.not.include(planted);
        },
      ),
    );
  });

  it('takes out a secret that holds another one', () => {
    const own = new Redactor();
    own.add('pAss-w0rd');
    own.add('my pAss-w0rd phrase');
    expect(own.redact('my pAss-w0rd phrase')).to.equal('***');
  });

  it('takes nothing out of our own words', () => {
    const own = new Redactor();
    for (const word of ['pass', 'vch1', 'password', 'containerVMs', '1']) own.add(word);
    const text = 'others can see the password of vch1; 1 of 2 containerVMs pass';
    expect(own.redact(text)).to.equal(text);
  });

  it('shows the names that it is to spare, whatever the password is', () => {
    const own = new Redactor();
    own.spare(['Vch-2024!']);
    own.add('Vch-2024!');
    own.add('Other-2024!');
    expect(own.redact('Vch-2024! Other-2024!')).to.equal('Vch-2024! ***');
  });
});
