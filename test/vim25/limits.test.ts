import type {ServerResponse} from 'node:http';
import {setTimeout} from 'node:timers/promises';
import {expect} from 'chai';
import {silent} from '../../src/log.js';
import {HttpClient, type IncomingAnswer} from '../../src/vim25/http-client.js';
import {retrieveProperties} from '../../src/vim25/property-collector.js';
import {serviceContent} from '../../src/vim25/service.js';
import {Session} from '../../src/vim25/session.js';
import {Transport} from '../../src/vim25/transport.js';
import {rejection} from '../rejection.js';
import {VirtualClock} from '../virtual-clock.js';
import {incoming} from './incoming.js';
import {serving} from './serving.js';

const VM = {type: 'VirtualMachine', value: 'vm-1'};
const OPTIONS = {user: 'u', password: 'p', tls: {insecure: true}, runId: 'r', log: silent};

describe('vim25: what a server may take', () => {
  it('does not wait for an answer that comes byte by byte, without an end', async () => {
    const clock = new VirtualClock();
    const drip = async (response: ServerResponse) => {
      while (!response.closed) {
        response.write('x');
        await clock.sleep(300);
      }
    };
    await serving(
      (request, response) => {
        request.resume();
        void drip(response);
      },
      async (url) => {
        const http = new HttpClient({...OPTIONS, url, clock, requestTimeout: 2_000}, 1);
        const error = await rejection(http.request({method: 'GET', path: '/sdk'}));
        expect(error).to.include({code: 'VCH_ERR_TIMEOUT', failure: 'maybe-done'});
        expect(error.message).to.contain('no whole answer');
        expect(clock.elapsed).to.be.within(10_000, 11_000);
        await http.close();
      },
    );
  });

  it('does not wait for one that stands still in the middle', async () => {
    const clock = new VirtualClock();
    await serving(
      (request, response) => {
        request.resume();
        response.write('x');
      },
      async (url) => {
        const http = new HttpClient({...OPTIONS, url, clock, requestTimeout: 2_000}, 1);
        const error = await rejection(http.request({method: 'GET', path: '/sdk'}));
        expect(error.message).to.contain('no answer within the time limit');
        expect(clock.elapsed).to.be.within(2_000, 2_500);
        await http.close();
      },
    );
  });
});

/** Says what it is told to. */
class Scripted extends HttpClient {
  next: () => string = () => '';
  asked = 0;

  override receive<T>(_request: unknown, take: (answer: IncomingAnswer) => Promise<T>): Promise<T> {
    this.asked += 1;
    const body = envelope(this.next());
    return take(incoming({status: 200, body, contentType: 'text/xml', contentLength: null}));
  }
}

function envelope(content: string): string {
  return (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    `<Body>${content}</Body></Envelope>`
  );
}

const REFS = ['rootFolder', 'propertyCollector', 'viewManager', 'sessionManager', 'authorizationManager'];
const CONTENT =
  '<RetrieveServiceContentResponse><returnval>' +
  REFS.map((name) => `<${name} type="X">${name}</${name}>`).join('') +
  '<about><fullName>f</fullName><version>8</version><build>1</build><apiType>VirtualCenter</apiType><apiVersion>8.0</apiVersion></about>' +
  '</returnval></RetrieveServiceContentResponse>';

async function withScript(use: (session: Session, http: Scripted, transport: Transport) => Promise<void>) {
  const url = new URL('https://127.0.0.1:1/sdk');
  const options = {...OPTIONS, url, clock: new VirtualClock()};
  const http = new Scripted(options, 1);
  const transport = await Transport.create(options, http);
  http.next = () => CONTENT;
  const found = serviceContent(await transport.call('RetrieveServiceContent', VM), url);
  const session = new Session(options, http, transport, found);
  try {
    http.asked = 0;
    await use(session, http, transport);
  } finally {
    await http.close();
  }
}

const read = (session: Session) =>
  retrieveProperties(
    session,
    [{obj: VM}],
    [{type: 'VirtualMachine', pathSet: ['name']}],
    ({obj}) => obj.value,
  );

describe('vim25: pages without an end', () => {
  const object = '<objects><obj type="VirtualMachine">vm-1</obj></objects>';
  const PAGES: Readonly<Record<string, (n: number) => string>> = {
    'the same page with the same token': () => `${object}<token>0</token>`,
    'empty pages with the same token': () => '<token>0</token>',
    'empty pages, each with another token': (n) => `<token>${n}</token>`,
  };
  for (const [what, page] of Object.entries(PAGES)) {
    it(`are an error: ${what}`, async () => {
      await withScript(async (session, http) => {
        http.next = () => {
          const method = http.asked === 1 ? 'RetrievePropertiesEx' : 'ContinueRetrievePropertiesEx';
          return `<${method}Response><returnval>${page(http.asked)}</returnval></${method}Response>`;
        };
        const error = await rejection(read(session));
        expect(error.message).to.contain('without an end');
        expect(http.asked).to.be.below(10);
      });
    });
  }
});

describe('vim25: an answer that is too large to be taken', () => {
  const LARGE: Readonly<Record<string, string>> = {
    'millions of elements': '<a/>'.repeat(2_500_000),
    'millions of attributes': `<a ${Array.from({length: 3_000}, (_, n) => `a${n}=""`).join(' ')}/>`.repeat(
      700,
    ),
    'elements in elements': `${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`,
  };
  for (const [what, content] of Object.entries(LARGE)) {
    it(`is refused, and signals are heard meanwhile: ${what}`, async () => {
      await withScript(async (_session, http, transport) => {
        http.next = () => `<CurrentTimeResponse>${content}</CurrentTimeResponse>`;
        let turns = 0;
        const stop = new AbortController();
        const turning = (async () => {
          while (!stop.signal.aborted) {
            await setTimeout(1);
            turns += 1;
          }
        })();
        const error = await rejection(transport.call('CurrentTime', VM));
        stop.abort();
        await turning;
        expect(error).to.include({code: 'VCH_ERR_TRANSPORT', failure: 'doubtful'});
        expect(turns).to.be.above(content.length > 1_000_000 ? 20 : 0);
      });
    }).timeout(60_000);
  }
});
