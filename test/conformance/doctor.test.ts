import {expect} from 'chai';
import type {DoctorResult} from '../../src/doctor/result.js';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {startProcess, variablesFor} from '../on-simulator.js';
import {runWell} from '../peers/run.js';
import {canBeEsxi, startEsxi, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers, ROOT} from '../peers.js';
import {targetOf, vchMigrate} from './vch-migrate.js';

/** What vcsim is known not to imitate. */
const VCSIM_DIFFERS = [
  'token-cancel',
  'privileges-by-name',
  'concurrent-access',
  'empty-absent',
  'guestinfo-volatile',
  'snapshot-reverts',
  'user-event',
];

const PLACES = [
  ['CreateVM_Task', 1],
  ['CreateVM_Task', 2],
  ['ReconfigVM_Task', 1],
  ['ReconfigVM_Task', 4],
  ['ReconfigVM_Task', 9],
  ['PowerOnVM_Task', 1],
  ['PowerOffVM_Task', 1],
  ['PowerOnVM_Task', 2],
  ['CreateSnapshot_Task', 1],
  ['RevertToSnapshot_Task', 1],
  ['RemoveSnapshot_Task', 1],
  ['PUT /folder', 1],
  ['DeleteDatastoreFile_Task', 1],
  ['LogUserEvent', 1],
  ['Destroy_Task', 1],
  ['Destroy_Task', 2],
] as const;

describeWithPeers('doctor', ['vcsim', 'govc', 'python'], (peers) => {
  const scratch = (folder: string, pool: string) => [
    ...['--scratch', '--scratch-folder', folder, '--scratch-pool', pool, '--scratch-vms', '2', '--yes'],
  ];

  async function differences(vcsim: Vcsim, place: readonly string[]) {
    const before = await vcsim.govc('find', '/', '-type', 'm');
    const {code, stdout, stderr} = await vchMigrate(targetOf(vcsim), 'doctor', ...place, '--format', 'json');
    expect(code, stderr).to.equal(3);
    expect(await vcsim.govc('find', '/', '-type', 'm')).to.equal(before);
    const {assumptions}: DoctorResult = JSON.parse(stdout);
    expect(assumptions.filter(({status}) => status === 'not-tried')).to.deep.equal([]);
    return assumptions.filter(({status}) => status === 'refuted').map(({id}) => id);
  }

  it('finds on vcsim exactly what vcsim does not imitate', async () => {
    const vcsim = await startVcsim(peers, 'legacy.json');
    try {
      expect(await differences(vcsim, scratch('dc1', 'cluster1'))).to.deep.equal(VCSIM_DIFFERS);
    } finally {
      await vcsim.close();
    }
  });

  it("finds the same on govmomi's ESXi", async function () {
    if (!canBeEsxi(peers)) this.skip();
    const vcsim = await startEsxi(peers, 'legacy.json');
    try {
      expect(await differences(vcsim, scratch('ha-folder-vm', 'ha-root-pool'))).to.deep.equal(VCSIM_DIFFERS);
    } finally {
      await vcsim.close();
    }
  });

  for (const [method, nth] of sampleOf('places where doctor is killed', PLACES, {sample: 2, ci: 16})) {
    it(`leaves nothing behind, killed at call ${nth} of ${method}`, async () => {
      const simulator = await startSimulator({fixture: `${ROOT}fixtures/legacy.json`});
      try {
        const env = {...process.env, ...variablesFor(simulator), GOVC_PERSIST_SESSION: 'false'};
        const govc = (...args: string[]) => runWell(peers.govc, args, {env});
        const before = await everything(simulator, govc);
        const place = scratch('dc1', 'cluster1');
        const killed = startProcess(['doctor', ...place], variablesFor(simulator));
        simulator.addFault({method, nth, before: () => void killed.child.kill('SIGKILL')});
        await killed.ended;
        expect(killed.child.signalCode).to.equal('SIGKILL');
        simulator.clearFaults();

        const next = () => startProcess(['doctor', ...place], variablesFor(simulator)).ended;
        const {code, stderr} = await next();
        expect(code, stderr).to.equal(0);
        // One that runs is left to a person, with these commands.
        if (stderr.includes('is powered on')) {
          const commands = [...stderr.matchAll(/\bgovc (vm\.\w+(?: -e)? VirtualMachine:vm-\d+)/g)];
          expect(commands).to.have.length(2);
          for (const [, words = ''] of commands) await govc(...words.split(' '));
        }
        expect(await everything(simulator, govc)).to.deep.equal(before);
      } finally {
        await simulator.close();
      }
    });
  }
});

/** All VMs and files, as govc finds them. */
async function everything(_simulator: Simulator, govc: (...args: string[]) => Promise<string>) {
  const files = await govc('datastore.ls', '-R', '-ds', 'datastore1');
  return {
    vms: await govc('find', '/', '-type', 'm'),
    files: files.split('\n').filter((line) => line.includes('doctor')),
  };
}
