import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {vmRef} from '../../src/vim25/managed-object.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot} from '../../src/vim25/snapshot.js';
import {reportOf} from '../on-simulator.js';
import {APPLIANCE, FLAG, withVch} from './small-upgrade.js';

const BUILD = 'guestinfo.vice./init/version/BuildNumber';

/** What `status` says of it; empty where it finds nothing unfinished. */
async function said(simulator: Simulator): Promise<string> {
  const {report, code} = await reportOf(simulator, 'status');
  expect(code).to.equal(0);
  return report.findings.find(({code}) => code === 'vic-machine-unfinished')?.message ?? '';
}

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
      expect(await said(simulator)).to.equal('');
    }));

  it('had not come to its snapshot: the flag alone is to be cleared', () =>
    withVch({}, async (_session, simulator) => {
      simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'});
      const message = await said(simulator);
      expect(message).to.include('there is no snapshot of it').and.include('the appliance is powered on');
      expect(message).to.include(`govc vm.change -vm VirtualMachine:${APPLIANCE} -e ${FLAG}=false`);
      expect(message).not.to.include('power -on');
    }));

  it('had taken its snapshot and powered off: the appliance is powered on again', () =>
    withVch({}, async (session, simulator) => {
      await halfway(session, simulator);
      const message = await said(simulator);
      expect(message).to.include('not changed the appliance since: build 8000').and.include('powered off');
      expect(message).to.include(`govc vm.power -on VirtualMachine:${APPLIANCE} && govc vm.change`);
    }));

  it('had written the new version: two ways end it, and the old one clears the flag that the snapshot has', () =>
    withVch({}, async (session, simulator) => {
      await halfway(session, simulator, '20000');
      const message = await said(simulator);
      expect(message).to.include('from build 8000 to 20000');
      expect(message).to.match(/go on with the new version: govc vm\.power -on .* && govc vm\.change/);
      expect(message).to.match(
        /snapshot\.revert -s -vm \S+ snapshot-1 && govc vm\.change .*=false && govc vm\.power -on/,
      );
    }));
});
