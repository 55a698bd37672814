import {expect} from 'chai';
import {upgradeVch} from '../../src/index.js';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import {writeIso} from '../iso-file.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';
import {withVch} from './small-upgrade.js';

describe('upgradeVch', () => {
  it('takes both ISO files or dataOnly, and writes nothing otherwise', async () => {
    await withDirectory({}, async (directory) => {
      const iso = await readIsoInfo(await writeIso(`${directory}/appliance.iso`));
      const both = {applianceIso: iso, bootstrapIso: iso};
      await withVch({}, async (session, simulator) => {
        for (const options of [
          {},
          {dataOnly: false},
          {applianceIso: iso},
          {bootstrapIso: iso, dataOnly: true},
          {...both, dataOnly: true},
        ]) {
          const error = await rejection(upgradeVch(session, {vch: {name: 'vch1'}, ...options}));
          expect(error, Object.keys(options).join()).to.include({code: 'VCH_ERR_USAGE'});
          expect(error.message).to.include('dataOnly: true');
        }
        expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
        for (const options of [{dataOnly: true}, both]) {
          const dry = await upgradeVch(session, {vch: {name: 'vch1'}, dryRun: true, ...options});
          expect(dry.upgrade.result).to.equal('planned');
        }
      });
    });
  });
});
