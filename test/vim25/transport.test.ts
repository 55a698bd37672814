import type {Socket} from 'node:net';
import {text} from 'node:stream/consumers';
import {setImmediate} from 'node:timers/promises';
import {expect} from 'chai';
import pLimit from 'p-limit';
import {SaxesParser} from 'saxes';
import {silent} from '../../src/log.js';
import {HttpClient} from '../../src/vim25/http-client.js';
import {type Arguments, Transport} from '../../src/vim25/transport.js';
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
