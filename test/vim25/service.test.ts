import {expect} from 'chai';
import {negotiateVersion} from '../../src/vim25/service.js';

const url = new URL('https://vc.example/sdk');
const answer = (body: string, status = 200) => ({status, body, contentType: 'text/xml'});
const versions = (newest: string, ...prior: string[]) =>
  `<?xml version="1.0"?><namespaces version="1.0"><namespace><name>urn:vim25</name><version>${newest}</version>` +
  `<priorVersions>${prior.map((v) => `<version>${v}</version>`).join('')}</priorVersions></namespace></namespaces>`;

describe('vim25/service: API versions', () => {
  it('picks the newest version of an older server', () => {
    expect(negotiateVersion(answer(versions('6.7.3', '6.7', '6.5', '6.0')), url)).to.equal('6.7.3');
  });

  it('stays at the newest version it was written against on a newer server', () => {
    expect(
      negotiateVersion(answer(versions('9.1.0.0', '9.0.0.0', '8.0.3.0', '8.0.2.0', '7.0')), url),
    ).to.equal('8.0.3.0');
  });

  it('compares versions as numbers, not as text', () => {
    expect(negotiateVersion(answer(versions('7.0.10.0', '7.0.9.0')), url)).to.equal('7.0.10.0');
  });

  it('ignores other namespaces', () => {
    const other = '<namespace><name>urn:sms</name><version>8.0</version></namespace>';
    expect(
      negotiateVersion(
        answer(
          `<namespaces>${other}<namespace><name>urn:vim25</name><version>6.5</version></namespace></namespaces>`,
        ),
        url,
      ),
    ).to.equal('6.5');
  });

  it('falls back to 6.5 where the server has no such file', () => {
    expect(negotiateVersion(answer('not found', 404), url)).to.equal('6.5');
  });

  for (const [what, body] of [
    ['an HTML page', '<!DOCTYPE html><html><body>Welcome</body></html>'],
    [
      'a document with entities',
      '<!DOCTYPE x [<!ENTITY a "6.7">]><namespaces><namespace><name>urn:vim25</name><version>&a;</version></namespace></namespaces>',
    ],
    ['broken XML', '<namespaces><namespace>'],
    ['nothing', ''],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => negotiateVersion(answer(body), url))
        .to.throw('vc.example')
        .with.property('code', 'VCH_ERR_TRANSPORT');
    });
  }
});
