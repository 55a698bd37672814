import {expect} from 'chai';
import {auditVch} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {ALIASES, APPLIANCE, CLAIM, container, dockerCreate, rename, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {containerIdOf, smallVch, withSession} from '../small-vch.js';

// A project `shop` with two services; web links to db, and each has its service's name as an alias, as compose gives it.
const DB = 'shop_db_1';
const WEB = 'shop_web_1';
const project = smallVch([
  container(DB, {aliases: `:db|:${DB}`}),
  container(WEB, {aliases: `:web|:${WEB}|${DB}:db`}),
]);

interface Seen {
  readonly display: string;
  readonly aliases: string | undefined;
}

/** What `docker ps` shows, by the containers' names. */
function containers(simulator: Simulator): Record<string, Seen> {
  return Object.fromEntries(
    simulator.inventory
      .vms()
      .filter(({id}) => id !== APPLIANCE)
      .map((vm) => {
        const config = vm.extraConfig();
        return [config['common/name'], {display: vm.name, aliases: config[ALIASES]}];
      }),
  );
}

function short(seed: string): string {
  return containerIdOf(seed).slice(0, 12);
}

/** docker-compose's own order of things: stop, rename the old one, create the new one, start it, remove the old one. */
async function recreate(
  session: Session,
  simulator: Simulator,
  name: string,
  seeds: {readonly old: string; readonly new: string},
  aliases: string,
): Promise<void> {
  const id = containerIdOf(seeds.old);
  const old = simulator.inventory.vms().find((vm) => vm.extraConfig()['guestinfo.vice./common/id'] === id);
  old?.powerOff();
  await rename(session, id, `${short(seeds.old)}_${name}`);
  const created = dockerCreate(simulator, name, seeds.new, aliases);
  created.powerOn();
  old?.remove();
}

async function expectInOrder(session: Session): Promise<void> {
  const {vms} = await auditVch(session, {vch});
  expect(vms.flatMap(({findings}) => findings)).to.deep.equal([]);
}

describe('rename: docker-compose', () => {
  it('recreates every service with --force-recreate, those they depend on first', async () => {
    await withSession({fixture: project}, async (session, simulator) => {
      await recreate(session, simulator, DB, {old: DB, new: 'db 2'}, `:db|:${DB}`);
      // The link has followed the old container, as docker's do, until compose recreates what has it.
      expect(containers(simulator)[WEB]?.aliases).to.equal(`:web|:${WEB}|${short(DB)}_${DB}:db`);
      await recreate(session, simulator, WEB, {old: WEB, new: 'web 2'}, `:web|:${WEB}|${DB}:db`);
      expect(containers(simulator)).to.deep.equal({
        [DB]: {display: `${DB}-${short('db 2')}`, aliases: `:db|:${DB}`},
        [WEB]: {display: `${WEB}-${short('web 2')}`, aliases: `:web|:${WEB}|${DB}:db`},
      });
      await expectInOrder(session);
      expect(simulator.inventory.vm(APPLIANCE).extraConfig()).not.to.have.property(CLAIM);
    });
  });

  it('recreates the one service whose configuration changed without --force-recreate', async () => {
    await withSession({fixture: project}, async (session, simulator) => {
      const {[DB]: db} = containers(simulator);
      await recreate(session, simulator, WEB, {old: WEB, new: 'web 2'}, `:web|:${WEB}|${DB}:db`);
      expect(containers(simulator)).to.deep.equal({
        [DB]: db,
        [WEB]: {display: `${WEB}-${short('web 2')}`, aliases: `:web|:${WEB}|${DB}:db`},
      });
      await expectInOrder(session);
    });
  });

  it('has the old and the new container side by side between the rename and the removal', async () => {
    await withSession({fixture: project}, async (session, simulator) => {
      await rename(session, DB, `${short(DB)}_${DB}`);
      dockerCreate(simulator, DB, 'db 2', `:db|:${DB}`);
      expect(Object.keys(containers(simulator)).sort()).to.deep.equal([`${short(DB)}_${DB}`, DB, WEB].sort());
      expect(containers(simulator)[`${short(DB)}_${DB}`]).to.deep.equal({
        display: `${short(DB)}_${DB}-${short(DB)}`,
        aliases: `:db|:${short(DB)}_${DB}`,
      });
      await expectInOrder(session);
    });
  });

  it('puts the old name back when the new container could not be made, and not while it is there', async () => {
    await withSession({fixture: project}, async (session, simulator) => {
      const before = containers(simulator);
      await rename(session, DB, `${short(DB)}_${DB}`);
      await rename(session, `${short(DB)}_${DB}`, DB);
      expect(containers(simulator)).to.deep.equal(before);
      await rename(session, DB, `${short(DB)}_${DB}`);
      dockerCreate(simulator, DB, 'db 2');
      const error = await rejection(rename(session, `${short(DB)}_${DB}`, DB));
      expect(error.message).to.include(
        `The name "${DB}" is already in use by container ${containerIdOf('db 2')}`,
      );
    });
  });
});
