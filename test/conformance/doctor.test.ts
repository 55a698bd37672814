import {expect} from 'chai';
import {READING} from '../../src/doctor/reading.js';
import type {DoctorResult} from '../../src/doctor/result.js';
import {SCRATCH} from '../../src/doctor/scratch.js';
import {startSimulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {startProcess, variablesFor} from '../on-simulator.js';
import {runWell} from '../peers/run.js';
import {canBeEsxi, startEsxi, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {smallVch} from '../small-vch.js';
import {targetOf, vchMigrate} from './vch-migrate.js';

/**
 * What is known of vcsim, topic by topic, from its own source and documentation, and what each topic means for a doctor:
 * the rows that it must refute or confirm there; or why no row asks for it.
 */
const VCSIM: readonly (readonly [
  string,
  {readonly refuted?: readonly string[]; readonly confirmed?: readonly string[]; readonly none?: string},
])[] = [
  ['ExtraConfig is merged; an empty value removes', {confirmed: ['keys-kept', 'empty-removes']}],
  ['keys are compared exactly, case included', {confirmed: ['key-case', 'odd-keys']}],
  ['values are kept as they are', {confirmed: ['blanks', 'characters', 'long-values']}],
  ['an empty value for an absent key makes an empty entry', {refuted: ['empty-absent']}],
  ['a value that is xsi:nil is stored without one', {none: 'this tool never sends one'}],
  ['special keys set fields of the guest or start a container', {none: 'no key of ours is one of them'}],
  ['guestinfo is not volatile', {refuted: ['guestinfo-volatile']}],
  ['no limits by power state, no silent drops', {confirmed: ['hidden-while-running']}],
  ['a clone copies the ExtraConfig', {none: 'this tool makes no clones'}],
  ['the changeVersion is shown, and moves with each write', {confirmed: ['change-version', 'keys-kept']}],
  ['the changeVersion of a spec is not compared', {refuted: ['concurrent-access']}],
  ['snapshots can be taken, reverted to and removed', {confirmed: ['snapshot']}],
  ['a revert brings no ExtraConfig back', {refuted: ['snapshot-reverts']}],
  ['pages only where maxObjects is given', {confirmed: ['paging']}],
  [
    'pages of Continue have names without values for what is missing',
    {
      none: 'the reading takes these for absent on every server; missing-key asks on the first page',
      confirmed: ['missing-key'],
    },
  ],
  ['CancelRetrievePropertiesEx is not there', {refuted: ['token-cancel']}],
  [
    'tokens are global, and a wrong one is InvalidProperty',
    {none: 'this tool uses a token once, in its own session'},
  ],
  ['keyed paths are known; a missing key is absent', {confirmed: ['keyed-paths', 'missing-key']}],
  [
    'WaitForUpdatesEx and ListViews',
    {none: 'changes are watched for only where docker is waited for; tasks are polled'},
  ],
  ['tasks end, fail with a fault, and are among the recent ones', {confirmed: ['task-wait']}],
  ['delays and injected faults', {none: 'settings of a test'}],
  ['sessions: a cookie, NotAuthenticated after its end', {confirmed: ['session']}],
  ['permissions are not enforced: every privilege is granted', {refuted: ['privileges-by-name']}],
  ['DisabledMethod is honoured', {none: 'VIC disables only Destroy_Task, and only on containers'}],
  ['templates take only name and notes', {none: 'no template is ever written'}],
  ['Rename and Relocate move no files', {none: 'this tool moves none either'}],
  ['vSAN is emulated with folders by UUID', {none: 'a folder is never taken for an identity'}],
  ['vimServiceVersions.xml is served', {none: 'the login reads it, on every server'}],
  ['a VM has the instanceUuid that it is made with', {confirmed: ['identity']}],
  ['files can be uploaded and deleted', {confirmed: ['upload']}],
  ['it has the clock of its machine', {confirmed: ['clock']}],
  ['EventManager has no LogUserEvent', {refuted: ['user-event']}],
];
const VCSIM_DIFFERS = VCSIM.flatMap(([, {refuted = []}]) => refuted).sort();

/** A VM that nobody needs. */
const SPARE = {
  name: 'spare',
  powerState: 'poweredOff',
  more: {vch: undefined, containerId: undefined, extraConfig: {}},
} as const;

const PLACES = [
  ['CreateVM_Task', 1],
  ['CreateVM_Task', 2],
  ['ReconfigVM_Task', 1],
  ['ReconfigVM_Task', 4],
  ['ReconfigVM_Task', 9],
  ['ReconfigVM_Task', 30],
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
    return assumptions
      .filter(({status}) => status === 'refuted')
      .map(({id}) => id)
      .sort();
  }

  it('has an expectation of vcsim for every row, by what is known of it', () => {
    const said = VCSIM.flatMap(([, {refuted = [], confirmed = []}]) => [...refuted, ...confirmed]);
    expect([...new Set(said)].sort()).to.deep.equal([...READING, ...SCRATCH].map(({id}) => id).sort());
    const both = VCSIM.flatMap(([, {confirmed = []}]) => confirmed).filter((id) =>
      VCSIM_DIFFERS.includes(id),
    );
    expect(both).to.deep.equal([]);
    for (const [topic, {refuted, confirmed, none}] of VCSIM)
      expect(refuted ?? confirmed ?? none, topic).not.to.equal(undefined);
  });

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

  const servers = [
    {server: 'vcsim', open: startVcsim, place: scratch('dc1', 'cluster1')},
    {server: "govmomi's ESXi", open: startEsxi, place: scratch('ha-folder-vm', 'ha-root-pool')},
  ];
  const tried = servers.flatMap((one) => SCRATCH.map(({id}) => ({...one, id})));
  for (const {server, open, place, id} of sampleOf('rows at which doctor is killed on vcsim', tried, {
    sample: 1,
    ci: 8,
  }))
    it(`leaves nothing behind on ${server}, killed while it tries ${id}`, async function () {
      if (open === startEsxi && !canBeEsxi(peers)) this.skip();
      const vcsim = await open(peers, 'legacy.json');
      try {
        const before = await vcsim.govc('find', '/', '-type', 'm');
        const start = () => startProcess(['doctor', ...place, '--debug'], variablesFor(vcsim));
        const {child, ended} = start();
        let said = '';
        child.stderr?.on('data', (chunk) => {
          said += String(chunk);
          if (said.includes(`trying ${id}\n`)) child.kill('SIGKILL');
        });
        await ended;
        expect(child.signalCode).to.equal('SIGKILL');
        expect(await vcsim.govc('find', '/', '-type', 'm')).not.to.equal(before);
        const {code, stderr} = await start().ended;
        expect(code, stderr).to.equal(3);
        await obey(stderr, vcsim.govc);
        expect(await vcsim.govc('find', '/', '-type', 'm')).to.equal(before);
      } finally {
        await vcsim.close();
      }
    });

  const cases = PLACES.flatMap(([method, nth]) =>
    (['own', 'named'] as const)
      .filter((kind) => kind === 'own' || !/^(?:CreateVM|Destroy)_Task$/.test(method))
      .flatMap((kind) => (['before', 'after'] as const).map((when) => ({method, nth, kind, when}))),
  );
  const sizes = {sample: 1, ci: 28};
  for (const {method, nth, kind, when} of sampleOf('places where doctor is killed', cases, sizes)) {
    it(`leaves nothing behind on ${kind === 'own' ? 'its own VMs' : 'a VM that is named'}, killed ${when} call ${nth} of ${method} is carried out`, async () => {
      const simulator = await startSimulator({fixture: smallVch([{name: 'web'}, {name: 'db'}, SPARE])});
      try {
        const env = {...process.env, ...variablesFor(simulator), GOVC_PERSIST_SESSION: 'false'};
        const govc = (...args: string[]) => runWell(peers.govc, args, {env});
        const before = await everything(govc);
        const place =
          kind === 'own' ? scratch('dc1/vch1', 'cluster1') : ['--scratch', '--scratch-vm', 'spare', '--yes'];
        const killed = startProcess(['doctor', ...place], variablesFor(simulator));
        simulator.addFault({
          method,
          nth,
          before: () => void killed.child.kill('SIGKILL'),
          ...(when === 'before' && {do: 'drop-before' as const}),
        });
        await killed.ended;
        expect(killed.child.signalCode).to.equal('SIGKILL');
        simulator.clearFaults();

        const next = () => startProcess(['doctor', ...place], variablesFor(simulator)).ended;
        let {code, stderr} = await next();
        const isLeft = await obey(stderr, govc);
        if (kind === 'named' && isLeft) ({code, stderr} = await next());
        expect(code, stderr).to.equal(0);
        expect(await everything(govc)).to.deep.equal(before);
      } finally {
        await simulator.close();
      }
    });
  }
});

/** Runs the commands of a doctor that leaves a VM that runs to a person; tells whether there were any. */
async function obey(stderr: string, govc: (...args: string[]) => Promise<string>): Promise<boolean> {
  const commands = [...stderr.matchAll(/\bgovc (vm\.(?:destroy|power -off -force) VirtualMachine:[\w-]+)/g)];
  for (const [, words = ''] of commands) await govc(...words.split(' '));
  return commands.length > 0;
}

/** All VMs, files, keys of the VM that is named and its snapshots, as govc finds them. */
async function everything(govc: (...args: string[]) => Promise<string>) {
  const files = await govc('datastore.ls', '-R', '-ds', 'datastore1');
  const spare = 'VirtualMachine:vm-103';
  return {
    vms: await govc('find', '/', '-type', 'm'),
    files: files.split('\n').filter((line) => line.includes('doctor')),
    keys: (await govc('vm.info', '-e', spare))
      .split('\n')
      .slice(1)
      .filter((line) => !/Uptime|Boot time/.test(line)),
    snapshots: await govc('snapshot.tree', '-vm', spare),
  };
}
