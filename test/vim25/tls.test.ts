import {expect} from 'chai';
import {knownHostPins} from '../../src/vim25/tls.js';

describe('vim25/tls known hosts', () => {
  const text = 'vc.example AA:BB\nvc.example:8443 CC:DD\r\nother.example EE:FF\n\nmalformed\n';

  it('takes a line without a port for port 443', () => {
    expect(knownHostPins(text, new URL('https://vc.example/sdk'))).to.deep.equal(['AA:BB']);
  });

  it('matches host and port', () => {
    expect(knownHostPins(text, new URL('https://vc.example:8443/sdk'))).to.deep.equal(['CC:DD']);
  });

  it('has no pin for a host that is not listed', () => {
    expect(knownHostPins(text, new URL('https://vc.example:9443/sdk'))).to.deep.equal([]);
  });
});
