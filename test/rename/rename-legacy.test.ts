import {expect} from 'chai';
import {
  applyMigration,
  planMigration,
  renameSupport,
  undoMigration,
  verifyMigration,
} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {targetOf, vchMigrate} from '../conformance/vch-migrate.js';
import {rename, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const WEB = 'vm-101';
const legacy = smallVch([
  {name: 'web'},
  {name: 'db', dataVersion: '0', powerState: 'poweredOff'},
  {name: 'mq', dataVersion: '3', hiddenName: 'mq', legacyName: null},
]);

function configs(simulator: Simulator): readonly Record<string, string>[] {
  return simulator.inventory.vms().map((vm) => vm.extraConfig());
}

/** Rename is refused for each of them, with VIC's message, and leaves no trace. */
async function expectRefused(session: Session, simulator: Simulator): Promise<void> {
  const before = configs(simulator);
  for (const name of ['web', 'db', 'mq']) {
    const error = await rejection(rename(session, name, 'fresh'));
    expect(error.code).to.equal('VCH_ERR_RENAME_DISABLED');
    expect(error.message).to.match(new RegExp(`^container ${name} does not support rename`));
  }
  expect(configs(simulator)).to.deep.equal(before);
}

describe('rename: containers without rename support', () => {
  it('refuses to rename them before a migration, after it and after it was undone; everything else works', async () => {
    await withSession({fixture: legacy}, async (session, simulator) => {
      await expectRefused(session, simulator);
      expect((await planMigration(session, {vch})).vms.map(({status}) => status)).to.deep.equal([
        'pending',
        'pending',
        'pending',
      ]);
      const applied = await applyMigration(session, {vch});
      expect(new Set(applied.vms.map(({status}) => status))).to.deep.equal(new Set(['changed']));
      await expectRefused(session, simulator);
      const vm = simulator.inventory.vm(WEB);
      vm.powerOff();
      vm.powerOn();
      expect((await verifyMigration(session, {vch})).vms.map(({status}) => status)).to.deep.equal([
        'unchanged',
        'unchanged',
        'unchanged',
      ]);
      await expectRefused(session, simulator);
      await undoMigration(session, {vch});
      expect(vm.extraConfig()).not.to.have.property('common/rename-disabled');
      await expectRefused(session, simulator);
    });
  });

  it('says so with exit 1, and in one document with --format json', async () => {
    await withSession({fixture: legacy}, async (_session, simulator) => {
      const text = await vchMigrate(targetOf(simulator), 'rename', 'web', 'fresh', '-n', 'vch1');
      expect([text.code, text.stdout]).to.deep.equal([1, '']);
      expect(text.stderr).to.include('VCH_ERR_RENAME_DISABLED: container web does not support rename: ');
      const json = await vchMigrate(
        targetOf(simulator),
        'rename',
        'web',
        'fresh',
        '-n',
        'vch1',
        '--format',
        'json',
      );
      expect(JSON.parse(json.stdout)).to.have.nested.property('error.code', 'VCH_ERR_RENAME_DISABLED');
    });
  });

  it('tells a port layer the same, with the reason', async () => {
    await withSession({fixture: legacy}, async (session, simulator) => {
      const support = () => renameSupport(simulator.inventory.vm(WEB).extraConfig());
      expect(support()).to.include({supported: false, class: 'disabled'});
      await applyMigration(session, {vch});
      expect(support()).to.deep.equal({
        supported: false,
        class: 'disabled',
        reason: 'common/rename-disabled is set',
      });
    });
  });
});
