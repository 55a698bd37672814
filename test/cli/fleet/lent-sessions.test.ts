import {expect} from 'chai';
import {type Shared, sessionsToLend} from '../../../src/cli/fleet/lent-sessions.js';
import {readInventory} from '../../../src/fleet/inventory.js';
import {discover} from '../../../src/inventory/find-vch.js';
import {silent} from '../../../src/log.js';
import {startSimulator} from '../../../src/simulator/simulator.js';
import {withSession} from '../../../src/vim25/session.js';
import {ROOT} from '../../peers.js';
import {rejection} from '../../rejection.js';

describe('cli/fleet/lent-sessions', () => {
  it('lends one session and one look while somebody uses it, for a minute at most, and logs each out', async () => {
    const simulator = await startSimulator({fixture: `${ROOT}fixtures/two-vchs.json`});
    try {
      const {url, user, password, thumbprint} = simulator;
      const {inventory} = readInventory(
        `version: 1\nvcenters: [{name: a, url: "${url}", thumbprint: "${thumbprint}"}]\n`,
      );
      const vcenter = inventory?.vcenters[0];
      if (vcenter === undefined) throw new Error('the inventory has a vCenter');
      let now = 0;
      const lend = sessionsToLend(
        ({login}, use) =>
          withSession(
            {...login, url: new URL(url), tls: {thumbprint}, runId: 'r', log: silent},
            async (session) => use({session, inventory: await discover(session)}),
          ),
        () => new Date(now),
      );
      const {signal} = new AbortController();
      const place = {vcenter, login: {user, password}};
      const count = (name: string) => simulator.requests.list.filter(({method}) => method === name).length;
      const counts = () => [count('Login'), count('CreateContainerView'), count('Logout')];

      const first = await lend(place, signal, (one) =>
        lend(place, signal, async (same) => {
          expect(same).to.equal(one);
          expect(counts()).to.deep.equal([1, 1, 0]);
          return one;
        }),
      );
      expect(counts()).to.deep.equal([1, 1, 1]);

      await lend(place, signal, async (one) => {
        expect(one).to.not.equal(first);
        now = 60_000;
        await lend(place, signal, async (later: Shared) => expect(later).to.not.equal(one));
        expect(counts()).to.deep.equal([3, 3, 2]);
      });
      expect(counts()).to.deep.equal([3, 3, 3]);

      const wrong = {vcenter, login: {user, password: 'wrong'}};
      const failures = await Promise.all(
        [1, 2].map(() => rejection(lend(wrong, signal, async () => 'used'))),
      );
      expect(failures.map(({message}) => message.includes('user name or password'))).to.deep.equal([
        true,
        true,
      ]);
      // Two that fail together are one attempt of that login.
      expect(count('Login')).to.equal(4);
    } finally {
      await simulator.close();
    }
  });
});
