import {expect} from 'chai';
import {startSimulator} from '../../src/simulator/simulator.js';
import {type Dump, dumpOf, startVcsim} from '../peers/vcsim.js';
import {describeWithPeers, ROOT} from '../peers.js';

describeWithPeers(
  'a fixture on vcsim and on the embedded simulator',
  ['vcsim', 'govc', 'python'],
  (peers) => {
    for (const fixture of ['legacy.json', 'odd.json', 'two-vchs.json', 'empty.json', 'every-version.json']) {
      it(`is the same inventory to pyVmomi: ${fixture}`, async () => {
        const vcsim = await startVcsim(peers, fixture);
        const simulator = await startSimulator({fixture: `${ROOT}fixtures/${fixture}`});
        try {
          const ours = inventory(await dumpOf(peers, simulator), vcsim.leftOut);
          const theirs = inventory(await vcsim.dump(), []);

          expect([...theirs.keys()].sort()).to.deep.equal([...ours.keys()].sort());
          for (const [identity, vm] of theirs) expect(vm, identity).to.deep.equal(ours.get(identity));
        } finally {
          await simulator.close();
          await vcsim.close();
        }
      });
    }
  },
);

/** What the guest of a running appliance writes; vcsim has no guests. */
const GUEST_KEY = /^guestinfo\.vice\.\.init\.(?:networks\|client\.assigned\.IP|sessions\|.*\.started)$/;

/** What must not depend on who serves it, by display name and BIOS UUID. */
function inventory(dump: Dump, leftOut: readonly string[]): Map<string, object> {
  return new Map(
    Object.entries(dump)
      .filter(([, {name}]) => !leftOut.includes(name))
      .map(([id, {name, uuid, template, powerState, connectionState, extraConfig}]) => {
        const {govcsim, ...stored} = extraConfig;
        const config = Object.fromEntries(Object.entries(stored).filter(([key]) => !GUEST_KEY.test(key)));
        const own = config['guestinfo.vice./init/common/id'];
        return [
          `${name} ${uuid}`,
          {
            template,
            powerState,
            connectionState,
            config:
              own === undefined
                ? config
                : {...config, 'guestinfo.vice./init/common/id': own === `VirtualMachine:${id}`},
          },
        ];
      }),
  );
}
