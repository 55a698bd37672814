import {expect} from 'chai';
import {startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {pyvmomiOn} from './pyvmomi-script.js';
import {smallFixture} from './small-fixture.js';

describeWithPeers('simulator hosts as pyVmomi meets them', ['python'], ({python}) => {
  it('have versions and states, and VMs that share them', async () => {
    const fixture = smallFixture(
      [
        {name: 'on-a', host: 'a'},
        {name: 'on-b', host: 'b'},
        {name: 'said', host: 'b', connectionState: 'orphaned'},
      ],
      {
        datacenters: [
          {
            name: 'DC0',
            datastores: [{name: 'datastore1', type: 'VMFS'}],
            clusters: [
              {
                name: 'C0',
                hosts: [
                  'a',
                  {
                    name: 'b',
                    version: '7.0.3',
                    build: '21',
                    connectionState: 'notResponding',
                    maintenance: true,
                  },
                ],
              },
            ],
          },
        ],
      },
    );
    await using simulator = await startSimulator({fixture});
    const output = await pyvmomiOn(
      python,
      simulator,
      `
hosts = content.viewManager.CreateContainerView(content.rootFolder, [vim.HostSystem], True)
for host in hosts.view:
    product = host.config.product
    print(host.name, product.fullName, host.summary.config.product.build, host.runtime.connectionState, host.runtime.inMaintenanceMode)
print([vms[name].runtime.connectionState for name in ('on-a', 'on-b', 'said')])
hosts.Destroy()
`,
    );
    expect(output.split('\n')).to.deep.equal([
      'a VMware ESXi 6.7.0 build-14367737 14367737 connected False',
      'b VMware ESXi 7.0.3 build-21 21 notResponding True',
      "['connected', 'disconnected', 'orphaned']",
    ]);
  });
});
