import {randomUUID} from 'node:crypto';
import {Writable} from 'node:stream';
import {expect} from 'chai';
import {commands} from '../../../src/cli/commands.js';
import {layers} from '../../../src/cli/context.js';
import {run} from '../../../src/cli/run.js';
import {recordingTerminal, variablesFor} from '../../on-simulator.js';
import {clockOf} from '../../small-vch.js';
import {APPLIANCE, FLAG, LEGACY, withVch} from '../../vch-upgrade/small-upgrade.js';

describe('status --watch', () => {
  it('logs each change once, and ends with the report when it is stopped', async () => {
    await withVch({vms: LEGACY}, async (_session, simulator) => {
      const clock = clockOf(simulator);
      if (clock === undefined) throw new Error('the simulator has no virtual time');
      const stop = new AbortController();
      const appliance = simulator.inventory.vm(APPLIANCE);
      // What happens next, once a line about the VCH is there.
      const events = [
        () => appliance.change({[FLAG]: 'true'}),
        () => appliance.change({[FLAG]: 'false'}),
        () => stop.abort(),
      ];
      const lines: string[] = [];
      const errors = new Writable({
        write(chunk, _encoding, done) {
          for (const line of String(chunk)
            .split('\n')
            .filter((text) => text.includes('vch1: poweredOn'))) {
            lines.push(line);
            events.shift()?.();
          }
          done();
        },
      });
      const {terminal, written} = recordingTerminal({variables: variablesFor(simulator), errors});
      const code = await run(['status', '--watch', '--name', 'vch1'], commands, {
        ...layers,
        login: (options, use) => layers.login({...options, clock}, use),
        terminal,
        stop: {signal: stop.signal, by: () => (stop.signal.aborted ? 'SIGINT' : null)},
        version: '9.9.9',
        now: () => new Date(),
        newRunId: randomUUID,
      });
      const {stdout} = written();
      expect(code).to.equal(130);
      expect(lines.map((line) => line.replace(/^[\d:]{8} (?:UTC {2})?/, ''))).to.deep.equal(
        [
          'no upgrade in progress',
          'upgrade in progress, phase unknown, by vic-machine',
          'no upgrade in progress',
        ].map((held) => `vch1: poweredOn, data version 0; ${held}; containerVMs: 2 pending`),
      );
      expect(stdout).to.include('vch1').and.include('vch-migrate status --name vch1');
    });
  });
});
