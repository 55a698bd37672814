import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {Contact} from '../../src/vim25/http-client.js';
import {connect} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSession, withSimulator} from '../small-vch.js';

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
