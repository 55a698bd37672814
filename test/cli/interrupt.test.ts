import {expect} from 'chai';
import {machineTime, type Simulator} from '../../src/simulator/simulator.js';
import {type Started, startProcess, variablesFor} from '../on-simulator.js';
import {smallVch, withSimulator} from '../small-vch.js';
import {unasked} from '../unasked.js';

const VMS = Array.from({length: 80}, (_, i) => ({name: `c${i}`}));

function start(simulator: Simulator, ...args: readonly string[]): Started {
  return startProcess([...unasked(args), '--name', 'vch1'], variablesFor(simulator));
}

describe('an apply that is stopped while it writes', () => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`finishes what is in flight on ${signal}, tells the rest, and goes on when run again`, async () => {
      await withSimulator(
        {fixture: smallVch(VMS), taskDuration: [10, 30], time: machineTime},
        async (simulator) => {
          const {child, ended} = start(simulator, 'apply', '--parallelism', '2', '--format', 'json');
          simulator.addFault({method: 'ReconfigVM_Task', nth: 10, before: () => void child.kill(signal)});
          const {code, stdout, stderr} = await ended;
          expect(code).to.equal(exitCode);
          expect(stderr).to.contain(signal);
          const {summary, vms} = JSON.parse(stdout);
          expect(summary.changed).to.be.within(1, 79);
          expect(summary.changed + summary['not-attempted']).to.equal(80);
          for (const {id, status} of vms) {
            const written = simulator.inventory.vm(id).extraConfig()['common/name'] !== undefined;
            expect(written, id).to.equal(status === 'changed');
          }
          expect(simulator.sessions).to.equal(0);

          const again = await start(simulator, 'apply', '--format', 'json').ended;
          expect(again.code).to.equal(0);
          expect(JSON.parse(again.stdout).summary).to.include({
            changed: summary['not-attempted'],
            unchanged: summary.changed,
          });
        },
      );
    });
  }

  it('exits at once on the second signal', async () => {
    await withSimulator({fixture: smallVch(VMS)}, async (simulator) => {
      const {child, ended} = start(simulator, 'apply');
      const stderr: string[] = [];
      child.stderr?.on('data', (chunk) => {
        stderr.push(String(chunk));
        if (stderr.join('').includes('second signal')) child.kill('SIGINT');
      });
      simulator.addFault({method: 'ReconfigVM_Task', do: 'hang'});
      simulator.addFault({method: 'ReconfigVM_Task', nth: 1, before: () => void child.kill('SIGINT')});
      expect((await ended).code).to.equal(130);
    });
  });
});
