import {expect} from 'chai';
import {type FailureClass, VchError} from '../../src/errors.js';
import {silent} from '../../src/log.js';
import {faultError} from '../../src/vim25/faults.js';
import {failureOfCode, failureOfStatus} from '../../src/vim25/http-client.js';
import {type Policy, repeat, retried, retry, type Work, waitUntil} from '../../src/vim25/retry.js';
import {rejection} from '../rejection.js';
import {VirtualClock} from '../virtual-clock.js';

const POLICY: Policy = {name: 'test', contention: 2_000, ineffective: 3, pause: () => 1_000};

const failing = (failure: FailureClass, fault?: string) =>
  new VchError('VCH_ERR_TRANSPORT', `it is ${failure}`, {failure, fault});

/** A value on a server that can be away, and work that sets it. */
function trial({
  policy = POLICY,
  signal,
  first,
}: {
  policy?: Policy;
  signal?: AbortSignal;
  first?: number;
} = {}) {
  const clock = new VirtualClock();
  const start = clock.now();
  const server = {
    value: 0,
    looks: 0,
    acts: 0,
    unsettled: [] as boolean[],
    /** Fails looks and acts, according to how long it is. */
    look: (_ms: number): VchError | null => null,
    act: (_ms: number): VchError | 'lost' | 'ignored' | null => null,
  };
  const work: Work<number, string> = {
    ...(first === undefined ? {} : {first}),
    async look(_last, unsettled) {
      server.looks += 1;
      server.unsettled.push(unsettled);
      const failure = server.look(clock.now() - start);
      if (failure !== null) throw failure;
      return server.value === 1 ? {done: 'seen'} : {act: server.value};
    },
    async act() {
      server.acts += 1;
      const failure = server.act(clock.now() - start);
      if (failure === 'ignored') return undefined;
      if (failure === null || failure === 'lost') server.value = 1;
      if (failure === 'lost') throw failing('maybe-done');
      if (failure !== null) throw failure;
      return undefined;
    },
  };
  const contact: {broken: number | null} = {broken: null};
  const context = {clock, log: silent, signal, patience: 5_000, contact};
  return {
    clock,
    server,
    context,
    work,
    passed: () => clock.now() - start,
    run: () => retry(context, policy, work),
  };
}

describe('vim25/retry', () => {
  describe('classifies', () => {
    const FAULTS: Readonly<Record<FailureClass, readonly string[]>> = {
      'not-sent': [],
      'maybe-done': ['SystemError', 'MethodFault', 'RuntimeFault'],
      'moved-on': ['ConcurrentAccess', 'ManagedObjectNotFound'],
      busy: [
        'FailToLockFaultToleranceVMs',
        'FileLocked',
        'HostCommunication',
        'HostNotConnected',
        'HostNotReachable',
        'InvalidState',
        'NetworkDisruptedAndConfigRolledBack',
        'ResourceInUse',
        'TaskInProgress',
        'Timedout',
        'VAppTaskInProgress',
      ],
      final: [
        'NotAuthenticated',
        'InvalidPowerState',
        'NoPermission',
        'InvalidLogin',
        'DuplicateName',
        'NotSupported',
        'InvalidArgument',
        'ToolsUnavailable',
      ],
      doubtful: ['RequestCanceled', 'GenericVmConfigFault', 'SomethingNew', 'constructor'],
    };
    for (const [failure, types] of Object.entries(FAULTS)) {
      for (const type of types) {
        it(`the fault ${type} as ${failure}`, () => {
          const error = faultError({type, message: '', privilegeId: null, object: null}, 'a call');
          expect(error).to.include({fault: type, failure});
        });
      }
    }

    const CODES: Readonly<Record<string, FailureClass>> = {
      ENOTFOUND: 'not-sent',
      EAI_AGAIN: 'not-sent',
      ECONNREFUSED: 'not-sent',
      EHOSTUNREACH: 'not-sent',
      ENETUNREACH: 'not-sent',
      UND_ERR_CONNECT_TIMEOUT: 'not-sent',
      ERR_SSL_WRONG_VERSION_NUMBER: 'not-sent',
      ECONNRESET: 'maybe-done',
      EPIPE: 'maybe-done',
      UND_ERR_SOCKET: 'maybe-done',
      ETIMEDOUT: 'maybe-done',
      EPROTO: 'maybe-done',
      UND_ERR_HEADERS_TIMEOUT: 'maybe-done',
      UND_ERR_BODY_TIMEOUT: 'maybe-done',
      'unknown reason': 'maybe-done',
      UND_ERR_DESTROYED: 'final',
      UND_ERR_CLOSED: 'final',
    };
    for (const [code, failure] of Object.entries(CODES)) {
      it(`the code ${code} as ${failure}`, () => {
        expect(failureOfCode(code)).to.equal(failure);
      });
    }

    const STATUSES: readonly (readonly [number, string, FailureClass])[] = [
      [401, '', 'final'],
      [403, '', 'final'],
      [404, '', 'final'],
      [429, '', 'not-sent'],
      [500, '', 'maybe-done'],
      [502, '', 'maybe-done'],
      [503, '503 Service Unavailable (Failed to connect to endpoint: [N7Vmacore4Http]', 'not-sent'],
      [503, 'no healthy upstream', 'not-sent'],
      [503, '<html>busy</html>', 'maybe-done'],
      [504, '', 'maybe-done'],
      [200, '<html></html>', 'maybe-done'],
    ];
    for (const [status, body, failure] of STATUSES) {
      it(`HTTP ${status} with "${body.slice(0, 20)}" as ${failure}`, () => {
        expect(failureOfStatus({status, body})).to.equal(failure);
      });
    }
  });

  it('acts once, and looks whether it had an effect', async () => {
    const {server, run, passed} = trial();
    expect(await run()).to.deep.equal({status: 'done', value: 'seen'});
    expect([server.looks, server.acts, passed()]).to.deep.equal([2, 1, 0]);
  });

  it('does not act where the work is done already, and acts at once on what was looked at', async () => {
    const done = trial();
    done.server.value = 1;
    expect((await done.run()).status).to.equal('done');
    expect(done.server.acts).to.equal(0);
    const planned = trial({first: 0});
    expect((await planned.run()).status).to.equal('done');
    expect([planned.server.looks, planned.server.acts]).to.deep.equal([1, 1]);
  });

  it('takes an act whose answer was lost for done when a look shows it', async () => {
    const {server, run} = trial();
    server.act = () => 'lost';
    expect((await run()).status).to.equal('done');
    expect([server.acts, server.unsettled]).to.deep.equal([1, [false, true]]);
  });

  it('gets over an outage that is shorter than its budget', async () => {
    for (const failure of ['not-sent', 'maybe-done'] as const) {
      const {server, run, passed} = trial();
      server.look = server.act = (ms) => (ms < 4_500 ? failing(failure) : null);
      expect((await run()).status).to.equal('done');
      expect(passed()).to.equal(5_000);
    }
  });

  it('says that nothing was sent when nothing ever was', async () => {
    const {server, run, passed} = trial({first: 0});
    server.look = server.act = () => failing('not-sent');
    expect(await run()).to.include({status: 'not-sent', last: 0});
    expect(passed()).to.equal(5_000);
  });

  it('does not know the end where an act may have been carried out and no look can tell', async () => {
    const {server, run, passed} = trial();
    server.act = () => failing('maybe-done');
    server.look = () => (server.acts > 0 ? failing('not-sent') : null);
    const ended = await run();
    expect(ended).to.include({status: 'unknown'});
    if (ended.status !== 'unknown') throw new Error('unreachable');
    expect([ended.error.failure, ended.acted?.failure]).to.deep.equal(['not-sent', 'maybe-done']);
    expect(passed()).to.equal(5_000);
  });

  it('ends where reads work and every write is lost, and looks a last time', async () => {
    const {server, run, passed} = trial();
    server.act = () => failing('maybe-done');
    expect(await run()).to.include({status: 'failed'});
    expect([server.acts, server.looks, passed()]).to.deep.equal([6, 7, 5_000]);
    const late = trial();
    late.server.act = (ms) => (ms < 5_000 ? failing('maybe-done') : 'lost');
    expect((await late.run()).status).to.equal('done');
  });

  it('has a budget of its own for a server that refuses', async () => {
    for (const failure of ['busy', 'moved-on'] as const) {
      const {server, run, passed} = trial();
      server.act = () => failing(failure);
      const ended = await run();
      expect(ended).to.include({status: 'failed'});
      expect(passed()).to.equal(2_000);
    }
  });

  it('counts from the first failure after the last act that succeeded', async () => {
    const {server, run, passed} = trial();
    const ignored = new Set([4_000, 8_000]);
    server.act = (ms) => {
      if (ignored.delete(ms)) return 'ignored';
      return ms < 12_000 ? failing('maybe-done') : null;
    };
    expect((await run()).status).to.equal('done');
    expect(passed()).to.equal(12_000);
  });

  it('gives up acts that succeed without effect', async () => {
    const {server, run, passed} = trial();
    server.act = () => 'ignored';
    const ended = await run();
    expect(ended.status === 'failed' && ended.error.code).to.equal('VCH_ERR_VERIFY');
    expect([server.acts, passed()]).to.deep.equal([3, 0]);
  });

  it('ends at once with a final failure, and with a look that shows the object gone', async () => {
    const refused = trial();
    refused.server.act = () => failing('final');
    expect(await refused.run()).to.include({status: 'failed'});
    expect([refused.server.acts, refused.server.looks]).to.deep.equal([1, 1]);
    for (const failure of ['final', 'moved-on'] as const) {
      const gone = trial();
      gone.server.look = () => failing(failure);
      expect(await gone.run()).to.include({status: 'failed'});
      expect([gone.server.acts, gone.server.looks]).to.deep.equal([0, 1]);
    }
  });

  it('looks after a fault that says it was there before', async () => {
    const {server, run} = trial({policy: {...POLICY, lookAfter: ['InvalidPowerState']}});
    server.act = () => {
      server.value = 1;
      return failing('final', 'InvalidPowerState');
    };
    expect((await run()).status).to.equal('done');
  });

  it('waits no longer than the policy says once it is told to stop', async () => {
    const stop = new AbortController();
    const {server, run, passed} = trial({policy: {...POLICY, afterStop: 1_500}, signal: stop.signal});
    server.act = (ms) => {
      if (ms >= 1_000) stop.abort();
      return failing('maybe-done');
    };
    expect((await run()).status).to.equal('failed');
    expect(passed()).to.equal(2_500);
    const patient = trial({signal: stop.signal});
    patient.server.act = () => failing('maybe-done');
    await patient.run();
    expect(patient.passed()).to.equal(5_000);
  });

  it('rejects with what ended the work', async () => {
    const {server, context, work} = trial();
    server.act = () => failing('final');
    expect(await rejection(retried(context, POLICY, work))).to.include({failure: 'final'});
  });

  it('repeats a reading within the same budgets', async () => {
    const {context, passed} = trial();
    let reads = 0;
    const value = await repeat(context, POLICY, async () => {
      reads += 1;
      if (passed() < 3_000) throw failing('maybe-done');
      return reads;
    });
    expect(value).to.equal(4);
    expect(await rejection(repeat(context, POLICY, () => Promise.reject(failing('not-sent'))))).to.include({
      failure: 'not-sent',
    });
  });

  it('reads once more, and only once, when a read that hung took the whole budget', async () => {
    for (const hangs of [1, Number.POSITIVE_INFINITY]) {
      const {context} = trial();
      let reads = 0;
      const reading = repeat(context, POLICY, async () => {
        reads += 1;
        if (reads === 1) throw failing('maybe-done');
        if (reads > 1 + hangs) return 'read';
        await context.clock.sleep(60_000);
        throw new VchError('VCH_ERR_TIMEOUT', 'no answer', {failure: 'maybe-done'});
      });
      if (hangs === 1) expect(await reading).to.equal('read');
      else expect((await rejection(reading)).code).to.equal('VCH_ERR_TIMEOUT');
      expect(reads).to.equal(3);
    }
  });

  it('has the attempts of its policy against a server that answers, however long each takes', async () => {
    for (const attempts of [0, 6]) {
      const {context} = trial();
      let reads = 0;
      const reading = repeat(context, {...POLICY, attempts}, async () => {
        reads += 1;
        await context.clock.sleep(10_000);
        throw failing('busy');
      });
      expect(await rejection(reading)).to.include({failure: 'busy'});
      expect(reads).to.equal(attempts || 2);
    }
  });

  it('polls until a look finds something, the time is over, or it is told to stop', async () => {
    const {context, passed} = trial();
    const look = async () => (passed() >= 2_500 ? passed() : null);
    expect(await waitUntil(context, {every: 1_000, within: 60_000}, look)).to.equal(3_000);
    expect(await waitUntil(context, {every: 1_000, within: 1_500}, async () => null)).to.equal(null);
    expect(passed()).to.equal(4_500);
    const stop = new AbortController();
    const waiting = waitUntil({...context, signal: stop.signal}, {every: 1_000, within: 60_000}, async () => {
      stop.abort();
      return null;
    });
    expect(await waiting).to.equal(null);
    expect(passed()).to.equal(4_500);
  });
});
