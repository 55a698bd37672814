import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {vmRef} from '../../src/vim25/managed-object.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot} from '../../src/vim25/snapshot.js';
import {sampleOf} from '../depth.js';
import {reportOf} from '../on-simulator.js';
import {describeWithPeers} from '../peers.js';
import {expectValid} from '../schemas.js';
import {govcOn} from '../simulator/govc-cli.js';
import {APPLIANCE, FLAG, upgrade, withVch} from './small-upgrade.js';

const BUILD = 'guestinfo.vice./init/version/BuildNumber';

/** What `status` says of it, empty where it finds nothing unfinished, and the ways that it tells as the next step, with their commands. */
async function said(simulator: Simulator) {
  const {report, code, stdout} = await reportOf(simulator, 'status');
  expect(code).to.equal(0);
  expectValid('report', report);
  const found = report.findings.find(({code}) => code === 'vic-machine-unfinished');
  const {actions = []} = report;
  if (found !== undefined) expect(actions.at(-1)?.command).to.match(/^vch-migrate check /);
  const ways = found === undefined ? [] : actions.slice(0, -1);
  expect(found?.actions ?? []).to.deep.equal(ways);
  expect(stdout).not.to.match(/VirtualMachine:(?!vm-\d)|,:/);
  return {message: found?.message ?? '', ways: ways.map(({command}) => command?.split('\n') ?? [])};
}

const VM = `VirtualMachine:${APPLIANCE}`;
const ON = `govc vm.power -on ${VM}`;
const OFF = `govc vm.power -off -force ${VM}`;
const CLEAR = `govc vm.change -vm ${VM} -e ${FLAG}=false`;
const remove = (snapshot: string) => `govc snapshot.remove -vm ${VM} ${snapshot}`;
const back = (snapshot: string) => [
  `govc snapshot.revert -s -vm ${VM} ${snapshot}`,
  CLEAR,
  ON,
  remove(snapshot),
];

/** What happened to an appliance, one thing after the other. */
type Event = 'flag' | 'no flag' | 'off' | 'on' | 'new version' | 'settings' | `snapshot ${string}`;

async function happened(session: Session, simulator: Simulator, events: readonly Event[]): Promise<void> {
  const appliance = simulator.inventory.vm(APPLIANCE);
  for (const event of events) {
    if (event === 'flag') appliance.change({[FLAG]: 'true'});
    else if (event === 'no flag') appliance.change({[FLAG]: 'false'});
    else if (event === 'off') appliance.powerOff();
    else if (event === 'on') appliance.powerOn();
    else if (event === 'new version') appliance.change({[BUILD]: '20000'});
    else if (event === 'settings') appliance.change({'guestinfo.vice./vicadmin/debug': '3'});
    else {
      const name = event.slice('snapshot '.length);
      await createSnapshot(session, vmRef(APPLIANCE), {name, description: 'configure snapshot'});
      await session.clock.sleep(1000);
    }
  }
}

const UPGRADE = 'snapshot upgrade for 20000';

/** What vic-machine and others left, what `status` says of it, and the commands of each way that ends it. */
const STATES: Readonly<
  Record<string, {events: readonly Event[]; says: readonly string[]; ways: readonly (readonly string[])[]}>
> = {
  'nothing at all': {events: [], says: [], ways: []},
  'its flag alone': {
    events: ['flag'],
    says: ['there is no snapshot of it', 'appliance is powered on'],
    ways: [[CLEAR]],
  },
  'its flag, and a snapshot of somebody': {
    events: ['flag', 'snapshot before the patch'],
    says: ['there is no snapshot of it'],
    ways: [[CLEAR]],
  },
  'its flag, the appliance off': {
    events: ['flag', 'off'],
    says: ['there is no snapshot of it', 'docker does not answer'],
    ways: [[ON, CLEAR]],
  },
  'its snapshot, the appliance off and unchanged': {
    events: ['flag', UPGRADE, 'off'],
    says: ['not changed the appliance since: build 8000', 'powered off'],
    ways: [[ON, CLEAR, remove('snapshot-1')]],
  },
  'the new version, the appliance off': {
    events: ['flag', UPGRADE, 'off', 'new version'],
    says: ['from build 8000 to 20000', 'the snapshot stays'],
    ways: [[ON, CLEAR], back('snapshot-1')],
  },
  'the new version, the appliance on': {
    events: ['flag', UPGRADE, 'off', 'new version', 'on'],
    says: ['from build 8000 to 20000', 'powered on'],
    ways: [[CLEAR], [OFF, ...back('snapshot-1')]],
  },
  'other settings of the same version': {
    events: ['flag', 'snapshot reconfigure for 8000', 'off', 'settings'],
    says: ['changed 1 of the settings of the appliance, which has build 8000 as before'],
    ways: [[ON, CLEAR], back('snapshot-1')],
  },
  "somebody's snapshot on top of its own": {
    events: ['flag', UPGRADE, 'off', 'new version', 'snapshot by hand'],
    says: [
      'the snapshot "upgrade for 20000", on top of which the appliance stands on the snapshot "by hand"',
      '--rollback would go back to "by hand"',
    ],
    ways: [[ON, CLEAR], back('snapshot-1')],
  },
  "its snapshot on top of somebody's": {
    events: ['snapshot by hand', 'flag', UPGRADE, 'off', 'new version'],
    says: ['"upgrade for 20000", and changed'],
    ways: [[ON, CLEAR], back('snapshot-2')],
  },
  'two of its snapshots': {
    events: ['snapshot upgrade for 8000', 'flag', UPGRADE, 'off', 'new version'],
    says: ['"upgrade for 20000", and changed', 'Older snapshots of vic-machine: "upgrade for 8000"'],
    ways: [[ON, CLEAR], back('snapshot-2'), [remove('snapshot-1')]],
  },
  'its snapshot without its flag, the appliance off': {
    events: ['flag', UPGRADE, 'off', 'new version', 'no flag'],
    says: ['its flag is not set any more, but', 'from build 8000 to 20000', 'powered off'],
    ways: [[ON], back('snapshot-1')],
  },
  'its snapshot without its flag, the appliance on and unchanged': {
    events: ['flag', UPGRADE, 'no flag'],
    says: ['its flag is not set any more, but', 'not changed the appliance since'],
    ways: [[remove('snapshot-1')]],
  },
  'an upgrade that came to its end': {
    events: ['flag', UPGRADE, 'off', 'new version', 'on', 'no flag'],
    says: [],
    ways: [],
  },
};

describe('an upgrade that vic-machine left', () => {
  for (const [state, {events, says, ways}] of Object.entries(STATES)) {
    it(`is told with the ways that end it: ${state}`, () =>
      withVch({}, async (session, simulator) => {
        await happened(session, simulator, events);
        const told = await said(simulator);
        for (const words of says) expect(told.message).to.include(words);
        expect(told.message === '').to.equal(says.length === 0);
        expect(told.ways).to.deep.equal(ways);
      }));
  }

  it('is not seen in a snapshot that this tool took, which has the name of one of its own', () =>
    withVch({}, async (session, simulator) => {
      expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
      expect(await said(simulator)).to.deep.equal({message: '', ways: []});
      await happened(session, simulator, ['flag']);
      expect((await said(simulator)).message).to.include('there is no snapshot of it');
    }));
});

describeWithPeers('the commands that end what vic-machine left', ['govc'], ({govc}) => {
  /** What is left in the end: nothing that `status` tells, an appliance that is on and may be upgraded. */
  const cases = Object.entries(STATES).flatMap(([state, {events, ways}]) =>
    // The removal of an older snapshot ends nothing by itself.
    ways.slice(0, 2).map((way, index) => ({state, events, way, index})),
  );
  for (const {state, events, way, index} of sampleOf('ways out of what vic-machine left', cases, {
    sample: 3,
    ci: cases.length,
  })) {
    it(`end ${state}: ${way.length} of way ${index + 1}`, () =>
      withVch({vms: []}, async (session, simulator) => {
        await happened(session, simulator, events);
        const {ways: told} = await said(simulator);
        const rest = told.filter((_one, other) => other > 1).flat();
        for (const command of [...(told[index] ?? []), ...rest])
          await govcOn(govc, simulator, ...command.split(' ').slice(1));
        expect((await said(simulator)).message).to.equal('');
        const appliance = simulator.inventory.vm(APPLIANCE);
        expect(appliance.powerState).to.equal('poweredOn');
        expect(appliance.extraConfig()[FLAG]).to.be.oneOf(['false', undefined]);
        if (way.some((command) => command.includes('revert')))
          expect(appliance.extraConfig()[BUILD]).to.equal('8000');
      }));
  }
});
