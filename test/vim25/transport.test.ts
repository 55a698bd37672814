import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {SaxesParser} from 'saxes';
import {silent} from '../../src/log.js';
import {HttpClient} from '../../src/vim25/http-client.js';
import {Transport} from '../../src/vim25/transport.js';
import {xmlString} from '../../src/vim25/xml.js';
import {rejection} from '../rejection.js';
import {serving} from './serving.js';

const OPTIONS = {user: 'u', password: 'p', tls: {insecure: true}, runId: 'r', log: silent};

describe('vim25: the envelope of a call', () => {
  it('declares every prefix that the type of a value names', async () => {
    const bodies: string[] = [];
    await serving(
      async (request, response) => {
        bodies.push(await text(request));
        response.end();
      },
      async (url) => {
        const http = new HttpClient({...OPTIONS, url}, 1);
        const transport = await Transport.create({...OPTIONS, url}, http);
        const spec = {extraConfig: {key: 'common/name', value: xmlString('web')}};
        await rejection(transport.call('ReconfigVM_Task', {type: 'VirtualMachine', value: 'vm-1'}, {spec}));
        await http.close();
      },
    );
    const types: unknown[] = [];
    const parser = new SaxesParser({xmlns: true});
    parser.on('opentag', ({attributes}) => {
      const type = attributes['xsi:type']?.value;
      const [local, prefix] = type?.split(':').reverse() ?? [];
      if (local !== undefined) types.push([prefix && parser.resolve(prefix), local]);
    });
    parser.write(bodies.join('')).close();
    expect(bodies.length).to.equal(1);
    expect(types).to.deep.equal([['http://www.w3.org/2001/XMLSchema', 'string']]);
  });
});
