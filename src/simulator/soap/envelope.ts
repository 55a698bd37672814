import {encode, escapeText} from './encode.js';
import {VimFault} from './fault.js';
import type {Value} from './value.js';
import {parseXml, type XmlElement} from './xml.js';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const VIM25 = 'urn:vim25';

/** A request taken apart: which method of which object. */
export interface SoapRequest {
  readonly method: string;
  readonly object: {readonly type: string; readonly id: string};
  readonly args: XmlElement;
  /** The header by which vpxd's log tells calls apart. */
  readonly operationId?: string;
}

/** Reads a SOAP 1.1 request of the namespace urn:vim25, whatever its prefixes. */
export function readRequest(body: string): SoapRequest {
  const envelope = parseXml(body);
  if (envelope.name !== 'Envelope' || envelope.namespace !== SOAP) throw malformed('no SOAP 1.1 envelope');
  const args = envelope.children.find((child) => child.name === 'Body' && child.namespace === SOAP)
    ?.children[0];
  if (args === undefined) throw malformed('the SOAP body is empty');
  if (args.namespace !== VIM25)
    throw malformed(`the method is in the namespace "${args.namespace}", not ${VIM25}`);
  const self = args.child('_this');
  const type = self?.attributes.get('type');
  if (self === undefined || type === undefined) throw malformed(`${args.name} has no _this with a type`);
  const header = envelope.children.find((child) => child.name === 'Header' && child.namespace === SOAP);
  const operationId = header?.child('operationID')?.text;
  const object = {type, id: self.text.trim()};
  return {method: args.name, object, args, ...(operationId !== undefined && {operationId})};
}

/** The response envelope of a method that succeeded; `result` is undefined for a void one. */
export function writeResponse(method: string, result: Value | undefined, typed = false): string {
  const returnval = result === undefined ? '' : encode('returnval', result, typed);
  return envelopeAround(`<${method}Response xmlns="${VIM25}">${returnval}</${method}Response>`);
}

/** The response envelope of a method fault; goes with HTTP status 500. */
export function writeFault(fault: VimFault): string {
  const detail =
    fault.type === ''
      ? ''
      : encode(`${fault.type}Fault`, fault.toData()).replace(
          `<${fault.type}Fault`,
          `<${fault.type}Fault xmlns="${VIM25}" xsi:type="${fault.type}"`,
        );
  return envelopeAround(
    `<soapenv:Fault><faultcode>ServerFaultCode</faultcode>` +
      `<faultstring>${escapeText(fault.message)}</faultstring><detail>${detail}</detail></soapenv:Fault>`,
  );
}

function envelopeAround(body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soapenv="${SOAP}" ` +
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' +
    `<soapenv:Body>\n${body}\n</soapenv:Body>\n</soapenv:Envelope>`
  );
}

function malformed(detail: string): VimFault {
  return new VimFault('InvalidRequest', `Cannot read the SOAP request: ${detail}`);
}
