import {expect} from 'chai';
import {firstLook} from '../../first-look.js';
import {onSimulator} from '../../on-simulator.js';
import {expectValid} from '../../schemas.js';
import {clockOf} from '../../small-vch.js';
import {APPLIANCE, FLAG, LEGACY, withVch} from '../../vch-upgrade/small-upgrade.js';
import {parsed, runCommandLine, withTarget} from '../fake-cli.js';

describe('wait', () => {
  it('waits until no upgrade holds the VCH, and says what it waits for once', async () => {
    await withVch({appliance: {extraConfig: {[FLAG]: 'true'}}}, async (_session, simulator) => {
      const released = firstLook(simulator)
        .then(() => clockOf(simulator)?.sleep(62_000))
        .then(() => simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'false'}));
      const {code, stdout, stderr} = await onSimulator(simulator, 'wait', '--for', 'unlocked', '-o', 'json');
      await released;
      expect(code).to.equal(0);
      const document = parsed(stdout);
      expectValid('wait', document);
      expect(document).to.include({for: 'unlocked', met: true, waitingFor: null});
      expect(document['seconds']).to.be.within(62, 67);
      expect(
        stderr.match(/waiting for the upgrade lock to be released\. .*UpdateInProgress/g),
      ).to.have.length(1);
    });
  });

  it('waits until the VCH is ready, and exits 1 when the time is up', async () => {
    await withVch({}, async (_session, simulator) => {
      const {code, stdout} = await onSimulator(simulator, 'wait', '--for', 'ready');
      expect(code).to.equal(0);
      expect(stdout).to.match(
        /^vch1 is ready \(waited 0 s\); this machine cannot tell whether the docker endpoint \S+ is up/,
      );
    });
    await withVch({appliance: {powerState: 'poweredOff'}}, async (_session, simulator) => {
      const args = ['wait', '--for', 'ready', '--timeout', '3m'];
      const {code, stdout} = await onSimulator(simulator, ...args);
      expect(code).to.equal(1);
      expect(stdout)
        .to.include('vch1 is not ready after 3 min; still waiting for its power, which is poweredOff')
        .and.include('Next\n  vch-migrate wait --for ready --timeout 3m --name vch1');
    });
  });

  it('waits until every containerVM is at its goal', async () => {
    await withVch({vms: LEGACY}, async (_session, simulator) => {
      const applied = firstLook(simulator)
        .then(() => clockOf(simulator)?.sleep(30_000))
        .then(() => onSimulator(simulator, 'apply', '--name', 'vch1', '--yes'));
      const {code, stderr} = await onSimulator(simulator, 'wait', '--for', 'verified');
      expect(code).to.equal(0);
      expect(stderr).to.include('waiting for containerVMs to be at their goal: 2 not at their goal yet');
      expect((await applied)?.code).to.equal(0);
    });
  });

  it('needs to know for what, and stops when it is told to', async () => {
    for (const args of [[], ['--for', 'godot']]) {
      const {code, stderr} = await runCommandLine(['wait', ...args], withTarget);
      expect(code).to.equal(5);
      expect(stderr).to.include('--for must be ready, unlocked or verified');
    }
  });
});
