import {expect} from 'chai';
import {type Given, govc, option, PEM, read} from './fake-settings.js';

describe('trust', () => {
  it('takes a thumbprint of either length in any spelling, and an option before the variable', () => {
    const sha1 = 'ab'.repeat(20);
    const sha256 = Array.from({length: 32}, () => 'Cd').join(':');
    const trust = (thumbprint: string, variables = {}) =>
      read({options: {...option, thumbprint}, variables}).tls.thumbprint;
    expect(trust(sha1, {VIC_MACHINE_THUMBPRINT: sha256})).to.equal(
      Array.from({length: 20}, () => 'AB').join(':'),
    );
    expect(trust(sha256)).to.equal(sha256.toUpperCase());
    expect(read({options: option, variables: {VIC_MACHINE_THUMBPRINT: sha1}}).tls.thumbprint).to.match(
      /^AB:AB/,
    );
  });

  it("reads govc's lists of CA and known-hosts files, of which known-hosts ones may be missing", () => {
    const variables = {
      ...govc,
      GOVC_TLS_CA_CERTS: '/ca/a.pem:/ca/b.pem',
      GOVC_TLS_KNOWN_HOSTS: '/nowhere:/known',
    };
    const {tls} = read({variables});
    expect(tls.ca).to.equal(`${PEM}a\n${PEM}b`);
    expect(tls.knownHosts).to.equal('vc.example AA:BB\n');
    expect(read({options: {ca: '/ca/b.pem'}, variables}).tls.ca).to.equal(`${PEM}b`);
  });

  const insecure: readonly (readonly [string, Given, boolean])[] = [
    ['GOVC_INSECURE=1', {variables: {...govc, GOVC_INSECURE: '1'}}, true],
    ['GOVC_INSECURE=True', {variables: {...govc, GOVC_INSECURE: 'True'}}, true],
    ['GOVC_INSECURE=0', {variables: {...govc, GOVC_INSECURE: '0'}}, false],
    ['--insecure', {options: {insecure: true}, variables: govc}, true],
    [
      'GOVC_INSECURE=1 beside --thumbprint',
      {options: {thumbprint: 'ab'.repeat(20)}, variables: {...govc, GOVC_INSECURE: '1'}},
      false,
    ],
    [
      'GOVC_INSECURE=1 beside --ca',
      {options: {ca: '/ca/a.pem'}, variables: {...govc, GOVC_INSECURE: '1'}},
      false,
    ],
  ];
  for (const [name, from, expected] of insecure) {
    it(`${expected ? 'trusts any certificate' : 'checks certificates'} with ${name}`, () => {
      expect(read(from).tls.insecure).to.equal(expected);
    });
  }
});
