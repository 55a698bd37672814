import {expect} from 'chai';
import {findVch, listVchs} from '../../src/inventory/find-vch.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const ID = 'guestinfo.vice./init/common/id';

/** `vch1` as `vm-100`, with the id of another VM. */
function strayed(id: string, more: Partial<Fixture> = {}): Fixture {
  const fixture = smallVch([{name: 'web'}]);
  const [appliance, ...containers] = fixture.vms ?? [];
  if (appliance === undefined) throw new Error('no appliance');
  const vms = [{...appliance, extraConfig: {...appliance.extraConfig, [ID]: id}}, ...containers];
  return {...fixture, vms, ...more};
}

async function problem(fixture: Fixture, selector: {name?: string; id?: string} = {}): Promise<string> {
  return withSession({fixture}, async (session) => {
    const error = await rejection(findVch(session, selector));
    expect(error.code).to.equal('VCH_ERR_VCH_NOT_FOUND');
    return error.message;
  });
}

describe('an appliance whose id names another VM', () => {
  it('is told to be registered again, with the command that gives it its id', async () => {
    for (const selector of [{}, {name: 'vch1'}, {id: 'vm-100'}, {id: 'VirtualMachine:vm-777'}]) {
      expect(await problem(strayed('VirtualMachine:vm-777'), selector))
        .to.contain('vch1 (vm-100) is the appliance of a VCH, but its id still names vm-777')
        .and.to.contain(`govc vm.change -vm VirtualMachine:vm-100 -e '${ID}=VirtualMachine:vm-100'`)
        .and.not.to.contain('none at all');
    }
    expect(await problem(strayed('VirtualMachine:vm-777'), {name: 'other'})).not.to.contain('vm-777');
  });

  it('is found with the id that the command gives it', async () => {
    await withSession({fixture: strayed('VirtualMachine:vm-777')}, async (session, simulator) => {
      simulator.inventory.vm('vm-100').change({[ID]: 'VirtualMachine:vm-100'});
      expect((await findVch(session, {})).vch.summary).to.include({name: 'vch1', containerVMs: 1});
    });
  });

  it('is told to be a copy where the VM it names is there', async () => {
    const fixture = strayed('VirtualMachine:vm-100');
    const [appliance] = fixture.vms ?? [];
    if (appliance === undefined) throw new Error('no appliance');
    const copy = {...appliance, id: 'vm-200', name: 'vch1-copy', powerState: 'poweredOff' as const};
    const both = {...fixture, vms: [...(fixture.vms ?? []), copy]};
    expect(await problem(both, {name: 'vch1-copy'})).to.contain(
      'vch1-copy (vm-200) is a copy of vch1 (vm-100), and no VCH of its own',
    );
  });

  it('is told to belong to the vCenter that manages its host', async () => {
    const fixture = strayed('VirtualMachine:vm-777', {
      about: {apiType: 'HostAgent'},
      datacenters: [
        {
          name: 'dc1',
          folders: [{name: 'vch1'}],
          clusters: [
            {
              name: 'cluster1',
              hosts: [{name: 'esx1', managementServerIp: '203.0.113.5'}],
              resourcePools: [{name: 'vch1'}],
            },
          ],
          datastores: [{name: 'datastore1', type: 'VMFS'}],
        },
      ],
    });
    expect(await problem(fixture))
      .to.contain('an appliance that the vCenter 203.0.113.5 manages, where it is vm-777')
      .and.to.contain('--target 203.0.113.5')
      .and.not.to.contain('govc');
  });

  it('is warned of where VCHs are listed', async () => {
    const warnings: string[] = [];
    await withSession({fixture: strayed('VirtualMachine:vm-777')}, async (session) => {
      const warn = (message: string): void => void warnings.push(message);
      expect(await listVchs(Object.assign(session, {log: {...session.log, warn}}), {})).to.deep.equal([]);
    });
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('vch1 (vm-100)').and.to.contain('govc vm.change');
  });
});
