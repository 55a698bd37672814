import type {ServerResponse} from 'node:http';
import {setImmediate} from 'node:timers/promises';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {silent} from '../../src/log.js';
import {Contact, HttpClient} from '../../src/vim25/http-client.js';
import {connect} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSession, withSimulator} from '../small-vch.js';
import {serving} from './serving.js';

const SERVICE = {type: 'ServiceInstance', value: 'ServiceInstance'};

/** A contact with a clock, and requests that are answered when the test says so. */
function contactAt() {
  const clock = {time: 1_000_000};
  const contact = new Contact(() => clock.time);
  const send = () => {
    const settle: {answer: () => void; fail: () => void} = {answer: () => undefined, fail: () => undefined};
    const request = contact.sending(
      () =>
        new Promise<void>((resolve, reject) => {
          settle.answer = resolve;
          settle.fail = () => reject(new VchError('VCH_ERR_TRANSPORT', 'gone'));
        }),
    );
    return {...settle, request};
  };
  return {clock, contact, send};
}

describe('vim25/http-client: contact', () => {
  it('tells how long the server has kept everybody waiting', async () => {
    const {clock, contact, send} = contactAt();
    clock.time += 60_000;
    expect([contact.waiting, contact.silent]).to.deep.equal([0, 0]);
    const [first, second] = [send(), send()];
    clock.time += 8_000;
    expect([contact.waiting, contact.silent]).to.deep.equal([2, 8_000]);
    second.answer();
    await second.request;
    clock.time += 500;
    // One answer shows that it lives, however long another takes.
    expect([contact.waiting, contact.silent, contact.broken]).to.deep.equal([1, 500, null]);
    first.answer();
    await first.request;
    expect([contact.waiting, contact.silent]).to.deep.equal([0, 0]);
  });

  it('tells since when no request has got through', async () => {
    const {clock, contact, send} = contactAt();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const {request, fail} = send();
      clock.time += 10_000;
      fail();
      expect((await rejection(request)).code).to.equal('VCH_ERR_TRANSPORT');
    }
    expect(contact.broken).to.equal(20_000);
    const {request, answer} = send();
    answer();
    await request;
    expect(contact.broken).to.equal(null);
  });

  it('is lost with the server of a session, and made with a fault that it answers', async () => {
    await withSession({fixture: smallVch([])}, async (session, simulator) => {
      simulator.addFault({method: 'CurrentTime', do: {fault: 'NotSupported'}});
      expect((await rejection(session.call('CurrentTime', SERVICE))).fault).to.equal('NotSupported');
      expect(session.contact.broken).to.equal(null);
    });
    await withSimulator({fixture: smallVch([])}, async (simulator) => {
      const session = await connect(loginTo(simulator));
      await simulator.close();
      expect((await rejection(session.call('CurrentTime', SERVICE))).code).to.equal('VCH_ERR_TRANSPORT');
      expect(session.contact.broken).to.be.a('number');
      await session.close();
    });
  });
});

describe('vim25/http-client: an answer', () => {
  const OPTIONS = {user: 'u', password: 'p', tls: {insecure: true}, runId: 'r', log: silent};
  const ASKED = {method: 'GET', path: '/sdk'} as const;

  async function asking(
    answer: (response: ServerResponse) => void,
    use: (http: HttpClient) => Promise<void>,
  ): Promise<void> {
    await serving(
      (request, response) => {
        request.resume();
        answer(response);
      },
      async (url) => {
        const http = new HttpClient({...OPTIONS, url}, 1);
        try {
          await use(http);
        } finally {
          await http.close();
        }
      },
    );
  }

  it('is whole, wherever its bytes are cut', async () => {
    const text = 'ü€😀'.repeat(10);
    const bytes = [...Buffer.from(text)];
    const drip = (response: ServerResponse) => {
      const byte = bytes.shift();
      if (byte === undefined) response.end();
      else response.write(Buffer.of(byte), () => drip(response));
    };
    await asking(drip, async (http) => {
      expect((await http.request(ASKED)).body).to.equal(text);
    });
  });

  it('is taken while it comes in', async () => {
    let goOn = () => {};
    const answer = (response: ServerResponse) => {
      response.write('x'.repeat(5000));
      goOn = () => response.end('y');
    };
    await asking(answer, async (http) => {
      const pieces = await http.receive(ASKED, async ({start, text}) => {
        expect(start).to.equal('x'.repeat(4096));
        const read: string[] = [];
        for await (const piece of text) {
          if (read.length === 0) goOn();
          read.push(piece);
        }
        return read;
      });
      expect(pieces.join('')).to.equal(`${'x'.repeat(5000)}y`);
    });
  });

  it('that breaks off is a failure of the connection, whatever was made of its start', async () => {
    const answer = (response: ServerResponse) => {
      response.write('x'.repeat(5000), () => response.destroy());
    };
    await asking(answer, async (http) => {
      const taking = http.receive(ASKED, async ({text}) => {
        for await (const _piece of text);
        return 'unused';
      });
      expect(await rejection(taking)).to.include({code: 'VCH_ERR_TRANSPORT', failure: 'maybe-done'});
      expect(http.contact.broken).to.be.a('number');
    });
  });

  it('is one, and its connection ends, when its reader throws', async () => {
    let closed = false;
    const answer = (response: ServerResponse) => {
      response.write('x'.repeat(5000));
      response.on('close', () => {
        closed = true;
      });
    };
    await asking(answer, async (http) => {
      const boom = new Error('boom');
      const taking = http.receive(ASKED, async ({text}) => {
        for await (const _piece of text) throw boom;
      });
      expect(await taking.catch((error: unknown) => error)).to.equal(boom);
      expect(http.contact.broken).to.equal(null);
      expect(http.contact.answered).to.equal(true);
      while (!closed) await setImmediate();
    });
  });
});
