import {expect} from 'chai';
import {applyMigration, connect} from '../../src/index.js';
import {startSimulator} from '../../src/simulator/simulator.js';
import {type SimulatedTarget, withSimulator} from '../../src/testing/with-simulator.js';
import {reference} from '../../src/vim25/transport.js';
import {rejection} from '../rejection.js';
import {smallVch} from '../small-vch.js';

const fixture = smallVch([{name: 'web'}, {name: 'db'}]);
const APPLIANCE = 'vm-100';

function logIn({url, user, password, thumbprint}: SimulatedTarget) {
  return connect({url, user, password, tls: {thumbprint}});
}

async function leftBehind(test: (target: SimulatedTarget) => Promise<unknown>): Promise<string> {
  const error = await rejection(withSimulator(fixture, test));
  expect(error.code).to.equal('VCH_ERR_VERIFY');
  return error.message;
}

describe('withSimulator', () => {
  it('gives a target, its inside, and what the test comes to', async () => {
    const changed = await withSimulator(fixture, async (target) => {
      expect(target.url).to.match(/^https:\/\/127\.0\.0\.1:\d+\/sdk$/);
      const {vms} = await applyMigration(await target.session(), {vch: {name: 'vch1'}});
      expect(await target.session()).to.equal(await target.session());
      expect(target.simulator.inventory.vm('vm-101').extraConfig()['common/name']).to.equal('web');
      return vms.filter(({status}) => status === 'changed').length;
    });
    expect(changed).to.equal(2);
  });

  it('lets the test log in by itself', async () => {
    await withSimulator(fixture, async (target) => {
      const session = await logIn(target);
      await session.close();
    });
  });

  it('takes the path of a fixture, and a document that extends VIC-encoded maps', async () => {
    const count = ({simulator}: SimulatedTarget) => simulator.inventory.vms().length;
    expect(await withSimulator('fixtures/legacy.json', count)).to.be.greaterThan(10);
    const extending = {
      ...fixture,
      vms: [{name: 'x', folder: 'vch1', pool: 'cluster1/vch1', extends: 'container-pv0'}],
    };
    expect(await withSimulator(extending, count)).to.equal(1);
  });

  it('fails a test that leaves a session behind', async () => {
    const sessions: {close(): Promise<void>}[] = [];
    const message = await leftBehind(async (target) => sessions.push(await logIn(target)));
    expect(message).to.match(/left behind on the simulator: 1 session\. Close every session/);
    for (const session of sessions) await session.close();
  });

  it('fails a test that leaves a view behind, even in the session that it was given', async () => {
    const message = await leftBehind(async (target) => {
      const session = await target.session();
      const {rootFolder, viewManager} = session.content;
      const what = {container: reference(rootFolder), type: ['VirtualMachine'], recursive: true};
      await session.call('CreateContainerView', viewManager, what);
    });
    expect(message).to.match(/: 1 view\./);
  });

  for (const [what, key, value] of [
    ['a lock', 'vch-migrate/lock', '{"id":"1"}'],
    ['a claim', 'vch-migrate/rename', '{}'],
    ['VIC’s flag', 'UpdateInProgress', 'true'],
  ] as const) {
    it(`fails a test that leaves ${what} behind`, async () => {
      const message = await leftBehind(async ({simulator}) =>
        simulator.inventory.vm(APPLIANCE).change({[key]: value}),
      );
      expect(message).to.include(`${key} = ${value} on ${APPLIANCE}`);
    });

    it(`does not mind ${what} that was there before`, async () => {
      const held = {...fixture, vms: fixture.vms?.map((vm) => ({...vm, extraConfig: {...vm.extraConfig}}))};
      const [appliance] = held.vms ?? [];
      if (appliance?.extraConfig === undefined) throw new Error('the fixture has no appliance');
      Object.assign(appliance.extraConfig, {[key]: value});
      await withSimulator(held, () => undefined);
    });
  }

  it('does not take a flag that is down for a lock', async () => {
    await withSimulator(fixture, ({simulator}) =>
      simulator.inventory.vm(APPLIANCE).change({UpdateInProgress: 'false'}),
    );
  });

  it('tells the test’s own failure, whatever it left behind', async () => {
    const failing = withSimulator(fixture, async (target) => {
      await target.session();
      target.simulator.inventory.vm(APPLIANCE).change({UpdateInProgress: 'true'});
      throw new Error('the test failed');
    });
    const error = await failing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.an('error').with.property('message', 'the test failed');
  });

  it('does not mind a session that the test has closed, or that the server ended', async () => {
    await withSimulator(fixture, async (target) => (await target.session()).close());
    await withSimulator(fixture, async (target) => {
      await target.session();
      target.simulator.expireSessions();
    });
  });

  it('stops the server when the test is over', async () => {
    const url = await withSimulator(fixture, (target) => target.url);
    const port = Number(new URL(url).port);
    const again = await startSimulator({fixture, port});
    await again.close();
  });

  it('hands faults on to the simulator', async () => {
    const faults = [{method: 'Login', do: {fault: 'InvalidLogin'}}];
    const error = await rejection(withSimulator(fixture, (target) => target.session(), {faults}));
    expect(error.code).to.equal('VCH_ERR_AUTH');
  });
});
