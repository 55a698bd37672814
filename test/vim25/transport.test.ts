import type {Socket} from 'node:net';
import {text} from 'node:stream/consumers';
import {setImmediate} from 'node:timers/promises';
import {expect} from 'chai';
import pLimit from 'p-limit';
import {SaxesParser} from 'saxes';
import {silent} from '../../src/log.js';
import {HttpClient} from '../../src/vim25/http-client.js';
import {type Arguments, Transport} from '../../src/vim25/transport.js';
import {xmlElements, xmlString, xmlText} from '../../src/vim25/xml.js';
import {rejection} from '../rejection.js';
import {serving} from './serving.js';

const OPTIONS = {user: 'u', password: 'p', tls: {insecure: true}, runId: 'r', log: silent};

/** The bodies of calls to a server that answers nothing. */
async function sent(call: (transport: Transport) => Promise<unknown>): Promise<string> {
  const bodies: string[] = [];
  await serving(
    async (request, response) => {
      bodies.push(await text(request));
      response.end();
    },
    async (url) => {
      const http = new HttpClient({...OPTIONS, url}, 1);
      await rejection(call(await Transport.create({...OPTIONS, url}, http)));
      await http.close();
    },
  );
  expect(bodies.length).to.equal(1);
  return bodies.join('');
}

/** Every element with its namespace, and every `xsi:type` with that of its prefix. */
function namesIn(xml: string) {
  const elements: string[] = [];
  const types: (string | undefined)[][] = [];
  const parser = new SaxesParser({xmlns: true});
  parser.on('opentag', ({uri, local, attributes}) => {
    elements.push(`${uri} ${local}`);
    const [name, prefix] = attributes['xsi:type']?.value.split(':').reverse() ?? [];
    if (name !== undefined) types.push([prefix && parser.resolve(prefix), name]);
  });
  parser.write(xml).close();
  return {elements, types};
}

describe('vim25: the envelope of a call', () => {
  const vm = {type: 'VirtualMachine', value: 'vm-1'};
  const entry = {key: xmlText('common/name'), value: xmlString('a<b')};
  const SPECS = {
    'that soap encodes': {extraConfig: entry},
    'whose arguments are encoded': xmlElements({extraConfig: xmlElements(entry)}),
  };
  for (const [what, spec] of Object.entries(SPECS)) {
    it(`${what} declares every prefix, and has all that is vim25's in its namespace`, async () => {
      const {elements, types} = namesIn(
        await sent((transport) => transport.call('ReconfigVM_Task', vm, {spec})),
      );
      expect(types).to.deep.equal([['http://www.w3.org/2001/XMLSchema', 'string']]);
      expect(elements.slice(-6)).to.deep.equal(
        ['ReconfigVM_Task', '_this', 'spec', 'extraConfig', 'key', 'value'].map(
          (name) => `urn:vim25 ${name}`,
        ),
      );
    });
  }

  it('is the whole message already where its arguments are encoded', async () => {
    const body = await sent((transport) =>
      transport.call('ReconfigVM_Task', vm, {spec: xmlElements({extraConfig: xmlElements(entry)})}),
    );
    expect(body).to.contain(
      '<soap:Body><ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-1</_this><spec><extraConfig>' +
        '<key>common/name</key><value xsi:type="xsd:string">a&lt;b</value></extraConfig></spec></ReconfigVM_Task></soap:Body>',
    );
  });
});

describe('vim25: many calls that are possible at once', () => {
  const answer =
    '<Envelope><Body><CancelRetrievePropertiesExResponse></CancelRetrievePropertiesExResponse></Body></Envelope>';
  const calls = Array.from({length: 40}, (_, n) => n);
  const calling = (
    arrived: (socket: Socket) => void,
    use: (call: (args: Arguments) => Promise<unknown>) => Promise<unknown>,
  ) =>
    serving(
      (request, response) => {
        arrived(request.socket);
        request.resume();
        response.end(answer);
      },
      async (url) => {
        const http = new HttpClient({...OPTIONS, url}, calls.length);
        const transport = await Transport.create({...OPTIONS, url}, http);
        const collector = {type: 'PropertyCollector', value: 'propertyCollector'};
        await use((args) => transport.call('CancelRetrievePropertiesEx', collector, args));
        await http.close();
      },
    );

  it('go by the connections of the answers before them', async () => {
    const sockets = new Set<Socket>();
    await calling(
      (socket) => sockets.add(socket),
      (call) => pLimit(4).map(calls, () => call({token: 't'})),
    );
    expect(sockets.size).to.equal(4);
  });

  it('begin in the order of asking', async () => {
    const begun: number[] = [];
    await calling(
      () => undefined,
      async (call) => {
        const ask = (n: number) =>
          call({
            get token() {
              begun.push(n);
              return 't';
            },
          });
        const first = calls.slice(0, 20).map(ask);
        await setImmediate();
        await Promise.all([...first, ...calls.slice(20).map(ask)]);
      },
    );
    expect(begun).to.deep.equal(calls);
  });

  it('are sent before the last of them is encoded', async () => {
    const encoded: number[] = [];
    let arrived = 0;
    const token = () => {
      encoded.push(arrived);
      return 't';
    };
    await calling(
      () => {
        arrived += 1;
      },
      async (call) => {
        await Promise.all(calls.map(() => call({token: 't'})));
        arrived = 0;
        await Promise.all(
          calls.map(() =>
            call({
              get token() {
                return token();
              },
            }),
          ),
        );
      },
    );
    expect(encoded.at(0)).to.equal(0);
    expect(encoded.at(-1)).to.be.above(0);
  });
});
