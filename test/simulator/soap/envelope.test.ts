import {expect} from 'chai';
import fc from 'fast-check';
import {encode} from '../../../src/simulator/soap/encode.js';
import {readRequest} from '../../../src/simulator/soap/envelope.js';
import {VimFault} from '../../../src/simulator/soap/fault.js';
import {string} from '../../../src/simulator/soap/value.js';
import {parseXml} from '../../../src/simulator/soap/xml.js';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';

describe('simulator SOAP envelope', () => {
  it('reads a call whatever the prefixes are', () => {
    for (const [soap, vim, xsi] of [
      ['soapenv:', '', 'xsi'],
      ['S:', 'v:', 'XMLSchema-instance'],
    ] as const) {
      const colon = soap.slice(0, -1);
      const request = readRequest(
        `<${soap}Envelope xmlns:${colon}="${SOAP}"><${soap}Body>` +
          `<${vim}Rename_Task xmlns${vim === '' ? '' : ':v'}="urn:vim25" xmlns:${xsi}="http://www.w3.org/2001/XMLSchema-instance">` +
          `<${vim}_this type="VirtualMachine" ${xsi}:type="ManagedObjectReference">vm-1</${vim}_this>` +
          `<${vim}newName> a </${vim}newName></${vim}Rename_Task></${soap}Body></${soap}Envelope>`,
      );
      expect(request.method).to.equal('Rename_Task');
      expect(request.object).to.deep.equal({type: 'VirtualMachine', id: 'vm-1'});
      expect(request.args.textOf('newName')).to.equal(' a ');
    }
  });

  it('refuses what is no call of vim25', () => {
    const envelope = (body: string): string =>
      `<e:Envelope xmlns:e="${SOAP}"><e:Body>${body}</e:Body></e:Envelope>`;
    for (const body of [
      '',
      'no xml',
      '<a/>',
      '<a><b></a>',
      envelope(''),
      envelope('<Login xmlns="urn:other"><_this type="SessionManager">SessionManager</_this></Login>'),
      envelope('<Login xmlns="urn:vim25"><_this>SessionManager</_this></Login>'),
      `<!DOCTYPE x [<!ENTITY a "b">]>${envelope('<Login xmlns="urn:vim25"><_this type="a">&a;</_this></Login>')}`,
    ]) {
      expect(() => readRequest(body), body)
        .to.throw(VimFault)
        .with.property('type', 'InvalidRequest');
    }
  });

  it('carries every text that XML can carry, unchanged', () => {
    const texts = fc
      .string({unit: 'binary'})
      .map((text) => text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\r'));
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseXml(encode('val', string(text))).text).to.equal(text);
      }),
    );
  });
});
