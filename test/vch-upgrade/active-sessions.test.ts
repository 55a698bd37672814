import {expect} from 'chai';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import {writeIso} from '../iso-file.js';
import {withDirectory} from '../temporary-directory.js';
import {APPLIANCE, applianceKeys, configs, RECORD, rollback, upgrade, withVch} from './small-upgrade.js';

const SESSIONS = ['docker-personality', 'port-layer', 'vicadmin'];
const activeKey = (session: string): string => `guestinfo.vice./init/sessions|${session}/active`;
const STATE = 'guestinfo.vice./init/version/State';

/** The ISO files of VIC 1.5.6, which start active sessions only. */
function withIsos(use: (isos: Partial<UpgradeOptions>) => Promise<void>): Promise<void> {
  return withDirectory({}, async (directory) => {
    const iso = await readIsoInfo(await writeIso(`${directory}/vic.iso`, {created: '2020060100000000'}));
    await use({applianceIso: iso, bootstrapIso: iso});
  });
}

// vic-machine's upgrade makes every session active. VIC 0.9 and older have no such key, and start all of them.
describe('active sessions through an upgrade', () => {
  it('are what a VCH of VIC 0.9 comes up with, and gone after a rollback', async () => {
    await withIsos(async (isos) =>
      withVch({appliance: {extraConfig: {[STATE]: 'dirty'}}}, async (session, simulator) => {
        const before = configs(simulator);
        const {upgrade: ended} = await upgrade(session, isos);
        expect(ended).to.deep.include({result: 'upgraded', error: null});
        const keys = SESSIONS.map(activeKey);
        expect(applianceKeys(simulator)).to.include({
          ...Object.fromEntries(keys.map((key) => [key, 'true'])),
          [STATE]: '<nil>',
          'guestinfo.vice./init/version/BuildDate': '2020/06/01@00:00:00',
        });
        expect(JSON.parse(applianceKeys(simulator)[RECORD] ?? '').keys).to.include.members([...keys, STATE]);
        expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
        expect(configs(simulator)).to.deep.equal(before);
      }),
    );
  });

  it('are verified: one that is made inactive during the start is found', async () => {
    await withIsos(async (isos) =>
      withVch({}, async (session, simulator) => {
        const {upgrade: ended} = await upgrade(session, {
          ...isos,
          onProgress(event) {
            if (event.type === 'phase' && event.phase === 'verify-appliance')
              simulator.inventory.vm(APPLIANCE).change({[activeKey('vicadmin')]: 'false'});
          },
        });
        expect(ended.result).to.equal('as-before');
        expect(ended.error)
          .to.include({code: 'VCH_ERR_VERIFY'})
          .and.to.have.property('message')
          .that.contains(activeKey('vicadmin'));
      }),
    );
  });

  it('are made active where an earlier upgrade had left them without that key', async () => {
    const version = 'guestinfo.vice./init/version/PluginVersion';
    const extraConfig = {
      [version]: '10',
      [activeKey('port-layer')]: 'true',
      [activeKey('vicadmin')]: '<nil>',
    };
    await withVch({vms: [], appliance: {extraConfig}}, async (session, simulator) => {
      expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
      for (const name of SESSIONS) expect(applianceKeys(simulator)).to.have.property(activeKey(name), 'true');
      expect((await upgrade(session)).upgrade.result).to.equal('unchanged');
    });
  });
});
