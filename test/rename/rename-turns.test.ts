import {expect} from 'chai';
import {type ProgressEvent, renameContainer} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {connect} from '../../src/vim25/session.js';
import {targetOf, vchMigrate} from '../conformance/vch-migrate.js';
import {ALIASES, APPLIANCE, CLAIM, container, dockerCreate, rename, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {containerIdOf, loginTo, smallVch, withSession, withSimulator} from '../small-vch.js';

const WEB = 'vm-101';
const DB = 'vm-102';
const fixture = smallVch([container('web'), container('db'), container('app', {aliases: ':app|web:w'})]);

function config(simulator: Simulator, id = WEB): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

function expectNoClaim(simulator: Simulator): void {
  expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
}

describe('rename: renames take turns', () => {
  it('lets exactly one of two renames to the same name win', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const sessions = await Promise.all([connect(loginTo(simulator)), connect(loginTo(simulator))]);
      try {
        const [first, second] = sessions;
        if (first === undefined || second === undefined) throw new Error('two sessions');
        const ends = await Promise.allSettled([rename(first, 'web', 'shop'), rename(second, 'db', 'shop')]);
        expect(ends.filter(({status}) => status === 'fulfilled')).to.have.length(1);
        const lost = ends.find((end) => end.status === 'rejected');
        expect(lost?.reason).to.have.property('code', 'VCH_ERR_CONFLICT');
        expect(String(lost?.reason)).to.match(
          /The name "shop" is already in use by container [0-9a-f]{64}\./,
        );
        const names = [WEB, DB].map((id) => config(simulator, id)['common/name']);
        expect(names.filter((name) => name === 'shop')).to.have.length(1);
        expectNoClaim(simulator);
      } finally {
        for (const session of sessions) await session.close();
      }
    });
  });

  it('lets eight renames at once all through, one after the other', async () => {
    const names = Array.from({length: 8}, (_, index) => `c${index}`);
    await withSimulator({fixture: smallVch(names.map((name) => container(name)))}, async (simulator) => {
      const sessions = await Promise.all(names.map(() => connect(loginTo(simulator))));
      try {
        await Promise.all(sessions.map((session, index) => rename(session, `c${index}`, `d${index}`)));
        const now = names.map((_, index) => config(simulator, `vm-${101 + index}`)['common/name']);
        expect(now).to.deep.equal(names.map((name) => name.replace('c', 'd')));
        expectNoClaim(simulator);
      } finally {
        for (const session of sessions) await session.close();
      }
    });
  });

  it('gives its claim back when the rename fails', async () => {
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        do: {fault: 'GenericVmConfigFault', as: 'task', message: 'no'},
      });
      const [web] = (await rename(session, 'web', 'shop')).vms;
      expect([web?.status, web?.error?.fault]).to.deep.equal(['failed', 'GenericVmConfigFault']);
      expectNoClaim(simulator);
    });
  });

  it('writes once when the answer to the rename itself is lost', async () => {
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: 'drop-after'});
      const {vms} = await rename(session, 'web', 'shop');
      expect(vms.map(({status}) => status)).to.deep.equal(['changed', 'changed']);
      expect(simulator.inventory.vm(WEB).reconfigurations).to.equal(1);
    });
  });

  it('reads back, and does not trust a task that kept nothing', async () => {
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: 'ignore'});
      const {vms} = await rename(session, 'web', 'shop');
      expect(vms.map(({status, error}) => [status, error?.code])).to.deep.equal([
        ['failed', 'VCH_ERR_VERIFY'],
      ]);
      expect(vms[0]?.error?.message).to.include('common/name').and.include('its display name');
    });
  });

  it('leaves alone what somebody else renamed in between', async () => {
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () => simulator.inventory.vm(WEB).change({'common/name': 'renamed-meanwhile'}),
      });
      const {vms} = await rename(session, 'web', 'shop');
      expect(vms.map(({status}) => status)).to.deep.equal(['conflict']);
      expect(config(simulator)['common/name']).to.equal('renamed-meanwhile');
    });
  });

  it('gives way to a container that docker made meanwhile under the new name', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const before = config(simulator);
      const name = simulator.inventory.vm(WEB).name;
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () => void dockerCreate(simulator, 'shop', 'new shop'),
      });
      const error = await rejection(rename(session, 'web', 'shop'));
      expect(error.code).to.equal('VCH_ERR_CONFLICT');
      expect(error.message)
        .to.include(`The name "shop" is already in use by container ${containerIdOf('new shop')}.`)
        .and.include('this rename was undone');
      expect(config(simulator)).to.deep.equal(before);
      expect(simulator.inventory.vm(WEB).name).to.equal(name);
      expect(config(simulator, 'vm-103')[ALIASES]).to.equal(':app|web:w');
      expectNoClaim(simulator);
    });
  });

  it('takes back what it wrote, not what it meant to write at first', async () => {
    await withSession({fixture}, async (session, simulator) => {
      let calls = 0;
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        do: {delay: 0},
        before: () => {
          calls += 1;
          if (calls === 1) simulator.inventory.vm(WEB).change({[ALIASES]: ':web|:added'});
          if (calls === 2) dockerCreate(simulator, 'shop', 'new shop');
        },
      });
      const error = await rejection(rename(session, 'web', 'shop'));
      expect(error.message).to.include('this rename was undone');
      expect(config(simulator)).to.include({'common/name': 'web', [ALIASES]: ':web|:added'});
    });
  });

  it('says so when it could not be undone', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const made = () => void dockerCreate(simulator, 'shop', 'new shop');
      simulator.addFault({method: 'ReconfigVM_Task', object: WEB, nth: 1, do: {delay: 0}, before: made});
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 2,
        do: {fault: 'GenericVmConfigFault', as: 'task', message: 'no'},
      });
      const error = await rejection(rename(session, 'web', 'shop'));
      expect(error.code).to.equal('VCH_ERR_CONFLICT');
      expect(error.message).to.include('could not be undone: ').and.include('GenericVmConfigFault');
      expectNoClaim(simulator);
    });
  });

  it('renames all the same when it cannot look at the names again, and says so', async () => {
    await withSession({fixture}, async (session, simulator) => {
      // A VM is told of when it was read back; what is read next are the names.
      let told = false;
      const onProgress = ({type}: ProgressEvent) => {
        if (type !== 'vm' || told) return;
        told = true;
        simulator.addFault({method: 'RetrievePropertiesEx', times: 1, do: {fault: 'InvalidRequest'}});
      };
      const {vms} = await renameContainer(session, {vch, container: 'web', newName: 'shop', onProgress});
      expect(vms[0]?.status).to.equal('changed');
      expect(vms[0]?.findings.map(({code}) => code)).to.include('not-checked-again');
      expect(config(simulator)['common/name']).to.equal('shop');
      expectNoClaim(simulator);
    });
  });

  const locks: readonly (readonly [string, Record<string, string>])[] = [
    ["vic-machine's flag", {UpdateInProgress: 'true'}],
    ['our own lock', {'vch-migrate/lock': JSON.stringify({id: 'l1', owner: 'ann', phase: 'snapshot'})}],
    ['a lock that cannot be read', {'vch-migrate/lock': '{'}],
  ];
  for (const [what, keys] of locks) {
    it(`refuses to rename under ${what}, with exit 4`, async () => {
      await withSession({fixture}, async (session, simulator) => {
        simulator.inventory.vm(APPLIANCE).change(keys);
        simulator.requests.reset();
        const error = await rejection(rename(session, 'web', 'shop'));
        expect(error.code).to.equal('VCH_ERR_LOCKED');
        const {code, stderr} = await vchMigrate(
          targetOf(simulator),
          'rename',
          'web',
          'shop',
          '--name',
          'vch1',
        );
        expect(code).to.equal(4);
        expect(stderr).to.include('VCH_ERR_LOCKED').and.include('vch-migrate ');
        expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
      });
    });
  }

  it('refuses when the upgrade begins between its reading and its claim, or under its claim', async () => {
    for (const nth of [1, 2]) {
      await withSession({fixture}, async (session, simulator) => {
        let writes = 0;
        const lock = () => simulator.inventory.vm(APPLIANCE).change({UpdateInProgress: 'true'});
        simulator.addFault({
          method: 'ReconfigVM_Task',
          object: APPLIANCE,
          nth: 1,
          do: {delay: 0},
          before: () => {
            writes += 1;
            if (nth === 1) lock();
          },
        });
        if (nth === 2) {
          simulator.addFault({
            method: 'RetrievePropertiesEx',
            before: () => {
              if (config(simulator, APPLIANCE)[CLAIM] !== undefined) lock();
            },
          });
        }
        const error = await rejection(rename(session, 'web', 'shop'));
        expect([error.code, writes]).to.deep.equal(['VCH_ERR_LOCKED', 1]);
        expect(config(simulator)['common/name']).to.equal('web');
        expectNoClaim(simulator);
      });
    }
  });
});
