import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {vmRef} from '../../src/vim25/managed-object.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot} from '../../src/vim25/snapshot.js';
import {reportOf} from '../on-simulator.js';
import {expectValid} from '../schemas.js';
import {APPLIANCE, FLAG, withVch} from './small-upgrade.js';

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
  return {message: found?.message ?? '', ways: ways.map(({command}) => command?.split('\n'))};
}

const VM = `VirtualMachine:${APPLIANCE}`;
const ON = `govc vm.power -on ${VM}`;
const CLEAR = `govc vm.change -vm ${VM} -e ${FLAG}=false`;

/** vic-machine sets its flag, takes its snapshot, and powers the appliance off; then it writes the new version. */
async function halfway(session: Session, simulator: Simulator, build?: string): Promise<void> {
  const appliance = simulator.inventory.vm(APPLIANCE);
  appliance.change({[FLAG]: 'true'});
  await createSnapshot(session, vmRef(APPLIANCE), {
    name: 'upgrade for 20000',
    description: 'configure snapshot',
  });
  await session.clock.sleep(1000);
  appliance.powerOff();
  if (build !== undefined) appliance.change({[BUILD]: build});
}

describe('an upgrade that vic-machine left', () => {
  it('is not there without its flag', () =>
    withVch({}, async (_session, simulator) => {
      expect(await said(simulator)).to.deep.equal({message: '', ways: []});
    }));

  it('had not come to its snapshot: the flag alone is to be cleared', () =>
    withVch({}, async (_session, simulator) => {
      simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'});
      const {message, ways} = await said(simulator);
      expect(message).to.include('there is no snapshot of it').and.include('appliance is powered on');
      expect(ways).to.deep.equal([[CLEAR]]);
    }));

  it('had taken its snapshot and powered off: the appliance is powered on again', () =>
    withVch({}, async (session, simulator) => {
      await halfway(session, simulator);
      const {message, ways} = await said(simulator);
      expect(message).to.include('not changed the appliance since: build 8000').and.include('powered off');
      expect(ways).to.deep.equal([[ON, CLEAR, `govc snapshot.remove -vm ${VM} snapshot-1`]]);
    }));

  it('had written the new version: two ways end it, and the old one clears the flag that the snapshot has', () =>
    withVch({}, async (session, simulator) => {
      await halfway(session, simulator, '20000');
      const {message, ways} = await said(simulator);
      expect(message).to.include('from build 8000 to 20000');
      const revert = `govc snapshot.revert -s -vm ${VM} snapshot-1`;
      expect(ways).to.deep.equal([
        [ON, CLEAR],
        [revert, CLEAR, ON],
      ]);
      simulator.inventory.vm(APPLIANCE).powerOn();
      const off = `govc vm.power -off -force ${VM}`;
      expect((await said(simulator)).ways).to.deep.equal([[CLEAR], [off, revert, CLEAR, ON]]);
    }));
});
