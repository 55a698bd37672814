import {expect} from 'chai';
import fc from 'fast-check';
import {parseTarget, withoutPassword} from '../../src/cli/target.js';

function vsphere(text: string): {
  url: string;
  user: string | undefined;
  password: string | undefined;
  datacenter: string | undefined;
} {
  const target = parseTarget(text);
  if (target.kind === 'invalid') throw new Error(target.problem);
  if (target.kind !== 'vsphere') throw new Error('a vSphere target was expected');
  const {url, user, password, datacenter} = target;
  return {url: url.href, user, password, datacenter};
}

describe('target', () => {
  const none = {user: undefined, password: undefined, datacenter: undefined};
  const good: readonly (readonly [string, object])[] = [
    ['vc.example', {...none, url: 'https://vc.example/sdk'}],
    ['https://vc.example', {...none, url: 'https://vc.example/sdk'}],
    ['HTTPS://vc.example:8443/sdk/', {...none, url: 'https://vc.example:8443/sdk'}],
    ['10.0.0.1:443', {...none, url: 'https://10.0.0.1/sdk'}],
    ['[::1]:8989/sdk', {...none, url: 'https://[::1]:8989/sdk'}],
    ['vc.example/dc1', {...none, url: 'https://vc.example/sdk', datacenter: 'dc1'}],
    ['vc.example/my%20dc', {...none, url: 'https://vc.example/sdk', datacenter: 'my dc'}],
    ['ann@vc.example', {...none, url: 'https://vc.example/sdk', user: 'ann'}],
    [
      'ann:pw@vc.example/dc1',
      {url: 'https://vc.example/sdk', user: 'ann', password: 'pw', datacenter: 'dc1'},
    ],
    [
      'administrator@vsphere.local:pw@vc.example',
      {...none, url: 'https://vc.example/sdk', user: 'administrator@vsphere.local', password: 'pw'},
    ],
    [
      'https://ann%40corp:p%40%23%2Fw%25@vc.example/sdk',
      {...none, url: 'https://vc.example/sdk', user: 'ann@corp', password: 'p@#/w%'},
    ],
    ['ann:a:b@vc.example', {...none, url: 'https://vc.example/sdk', user: 'ann', password: 'a:b'}],
    // The last @ ends the credentials, as for govc.
    ['ann:p@w@vc.example', {...none, url: 'https://vc.example/sdk', user: 'ann', password: 'p@w'}],
  ];
  for (const [text, expected] of good) {
    it(`reads ${text}`, () => {
      expect(vsphere(text)).to.deep.equal(expected);
    });
  }

  it('reads the path of a fixture, blanks and all', () => {
    expect(parseTarget('sim:my fixtures/a@b#c.json')).to.deep.equal({
      kind: 'simulator',
      fixture: 'my fixtures/a@b#c.json',
      isDump: false,
    });
    expect(parseTarget('dump:vch1.json')).to.deep.equal({
      kind: 'simulator',
      fixture: 'vch1.json',
      isDump: true,
    });
  });

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /names no host/],
    ['sim:', /no fixture/],
    ['dump:', /no file/],
    ['http://vc.example', /only https/],
    ['https://', /names no host/],
    ['ann:pw@', /names no host/],
    ['vc.example:99999', /valid host and port/],
    ['vc.example:0', /valid host and port/],
    ['vc example', /valid host and port/],
    ['vc.example?x=1', /\? or #/],
    ['ann:s3#cret@vc.example', /%23.*--password-file/],
    ['ann:s3/cret@vc.example', /%2F.*--password-file/],
    ['ann:s3?cret@vc.example', /%3F.*--password-file/],
    ['ann:p@s3#cret@vc.example', /%40.*--password-file/],
    ['ann:s3%cret@vc.example', /%25.*--password-file/],
  ];
  for (const [text, problem] of bad) {
    it(`refuses "${text}"`, () => {
      const target = parseTarget(text);
      expect(target.kind).to.equal('invalid');
      if (target.kind === 'invalid') {
        expect(target.problem).to.match(problem);
        expect(target.problem).to.not.include('cret');
      }
    });
  }

  it('reads any user and password that are percent-encoded', () => {
    const word = fc.string({unit: 'grapheme', minLength: 1});
    fc.assert(
      fc.property(word, word, (user, password) => {
        const text = `https://${encodeURIComponent(user)}:${encodeURIComponent(password)}@vc.example/sdk`;
        expect(vsphere(text)).to.include({url: 'https://vc.example/sdk', user, password});
      }),
    );
  });

  it('never repeats any part of a password in a problem, nor logs in to a part of it', () => {
    const password = fc.string({
      unit: fc.constantFrom('@', '#', '/', '?', '%', ':', 'Z', '7', '\\', ' '),
      minLength: 1,
    });
    fc.assert(
      fc.property(password, (text) => {
        const target = parseTarget(`ann:${text}@vc.example`);
        if (target.kind === 'invalid') expect(target.problem).to.not.match(/Z|7/);
        else if (target.kind === 'vsphere') expect(target.url.hostname).to.equal('vc.example');
      }),
    );
  });

  it('shows a target without its password', () => {
    expect(withoutPassword('ann@corp:s3cret@vc.example:8443/dc 1')).to.equal(
      'https://ann%40corp@vc.example:8443/dc%201',
    );
    expect(withoutPassword('vc.example')).to.equal('https://vc.example/sdk');
    expect(withoutPassword('sim:a.json')).to.equal('sim:a.json');
  });
});
