import {createHash, randomBytes} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {silent} from '../../src/log.js';
import {missingPrivileges} from '../../src/vim25/authorization.js';
import {datastoreFileSize, deleteDatastoreFile, uploadDatastoreFile} from '../../src/vim25/datastore-file.js';
import type {ManagedObjectReference} from '../../src/vim25/managed-object.js';
import {retrieveProperties} from '../../src/vim25/property-collector.js';
import {textValue} from '../../src/vim25/property-value.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {
  createSnapshot,
  readSnapshotConfig,
  readSnapshots,
  removeSnapshot,
  revertToSnapshot,
} from '../../src/vim25/snapshot.js';
import {TaskWaiter, waitUntilIdle} from '../../src/vim25/tasks.js';
import {logUserEvent, powerOff, powerOn, readCdroms, reconfigure} from '../../src/vim25/virtual-machine.js';
import {startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {rejection} from '../rejection.js';
import {withEmptyDirectory} from './vch-migrate.js';

const ISO = 'vch1/v1.5.6-20000-0a1b2c3-appliance.iso';

describeWithPeers('operations on an appliance of vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let session: Session;
  let waiter: TaskWaiter;
  let vm: ManagedObjectReference;
  let name: string;

  before(async () => {
    vcsim = await startVcsim(peers, 'empty.json');
    session = await connect({
      url: new URL(vcsim.url),
      user: vcsim.user,
      password: vcsim.password,
      tls: {thumbprint: vcsim.thumbprint},
      runId: 'conformance',
      log: silent,
    });
    waiter = new TaskWaiter(session);
    const [found] = Object.entries(await vcsim.dump());
    if (found === undefined) throw new Error('the fixture has no VM');
    vm = {type: 'VirtualMachine', value: found[0]};
    name = found[1].name;
  });

  after(async () => {
    await session?.close();
    await vcsim?.close();
  });

  const wait = async (task: Promise<ManagedObjectReference>) => waiter.wait(await task, 'the task');

  async function look(path: string) {
    const [value] = await retrieveProperties(
      session,
      [{obj: vm}],
      [{type: vm.type, pathSet: [path]}],
      ({properties}) => properties.get(path),
    );
    return value;
  }

  const power = async (): Promise<string | undefined> => (await vcsim.dump())[vm.value]?.powerState;

  it('powers it off and on', async () => {
    await wait(powerOff(session, vm));
    expect(await power()).to.equal('poweredOff');
    await wait(powerOn(session, vm));
    expect(await power()).to.equal('poweredOn');
    expect((await rejection(wait(powerOn(session, vm)))).fault).to.equal('InvalidPowerState');
  });

  it('switches the ISO of its CD-ROM and tells what guest it is', async () => {
    await wait(powerOff(session, vm));
    const [cdrom] = readCdroms(await look('config.hardware.device'));
    if (cdrom === undefined) throw new Error('no CD-ROM');
    const fileName = `[LocalDS_0] ${ISO}`;
    await wait(
      reconfigure(session, vm, {
        changeVersion: textValue(await look('config.changeVersion')) ?? '',
        deviceChange: [{...cdrom, fileName}],
        extraConfig: [{key: 'probe', value: '1'}],
      }),
    );
    expect(readCdroms(await look('config.hardware.device'))).to.deep.equal([{...cdrom, fileName}]);
    const asGovcSees = JSON.parse(
      await vcsim.govc('collect', '-json', `VirtualMachine:${vm.value}`, 'config.hardware.device'),
    );
    expect(JSON.stringify(asGovcSees)).to.contain(fileName).and.to.contain('"startConnected":true');
    expect((await vcsim.dump())[vm.value]?.extraConfig).to.include({probe: '1'});
  });

  it('takes, reads, reverts to and removes snapshots', async () => {
    const take = async (label: string) => {
      const task = await createSnapshot(session, vm, {name: label, description: `run ${label}`});
      await waiter.wait(task, 'taking it');
      return (await readSnapshots(session, vm)).all.find(({name}) => name === label)?.ref ?? null;
    };
    const first = await take('upgrade for 20000');
    const second = await take('of the user');
    if (first === null || second === null) throw new Error('no snapshot');
    const tree = await readSnapshots(session, vm);
    expect(tree.current).to.equal(second.value);
    expect(
      tree.all.map(({ref, name, description, parent}) => [ref, name, description, parent]),
    ).to.deep.equal([
      [first, 'upgrade for 20000', 'run upgrade for 20000', null],
      [second, 'of the user', 'run of the user', first.value],
    ]);
    const held = await readSnapshotConfig(session, first);
    expect(held.extraConfig).to.include({probe: '1'});
    expect(held.cdroms[0]?.fileName).to.equal(`[LocalDS_0] ${ISO}`);
    await wait(revertToSnapshot(session, first));
    expect((await readSnapshots(session, vm)).current).to.equal(first.value);
    await wait(removeSnapshot(session, second));
    expect(await vcsim.govc('snapshot.tree', '-vm', name, '-i'))
      .to.contain(first.value)
      .and.not.to.contain(second.value);
  });

  it('uploads a file, keeps one that is there, replaces a broken one, and deletes it', async () => {
    await withEmptyDirectory(async (directory) => {
      const source = join(directory, 'appliance.iso');
      const content = randomBytes(3 * 1024 * 1024 + 17);
      await writeFile(source, content);
      const file = {dcPath: '/dc1', dsName: 'LocalDS_0', path: ISO};
      const sent: number[] = [];
      const upload = () =>
        uploadDatastoreFile(session, file, {
          source,
          size: content.length,
          progress: (bytes) => sent.push(bytes),
        });
      expect(await datastoreFileSize(session, file)).to.equal(null);
      await upload();
      const pieces = sent.length;
      expect(sent.at(-1)).to.equal(content.length);
      await upload();
      expect(sent).to.have.lengthOf(pieces);
      const copy = join(directory, 'copy.iso');
      const download = async () => {
        await vcsim.govc('datastore.download', '-dc', 'dc1', '-ds', 'LocalDS_0', ISO, copy);
        return digest(await readFile(copy));
      };
      expect(await download()).to.equal(digest(content));
      await writeFile(copy, content.subarray(0, 1000));
      await vcsim.govc('datastore.upload', '-dc', 'dc1', '-ds', 'LocalDS_0', copy, ISO);
      expect(await datastoreFileSize(session, file)).to.equal(1000);
      await upload();
      expect(await download()).to.equal(digest(content));
      await wait(deleteDatastoreFile(session, await datacenter(), file));
      expect(await datastoreFileSize(session, file)).to.equal(null);
      expect((await rejection(wait(deleteDatastoreFile(session, await datacenter(), file)))).fault).to.equal(
        'FileNotFound',
      );
    });
  });

  it('asks for privileges, and waits until nothing is under way', async () => {
    expect(await missingPrivileges(session, [vm], ['VirtualMachine.State.CreateSnapshot'])).to.deep.equal([]);
    expect((await rejection(logUserEvent(session, vm, 'no event'))).fault).to.equal('MethodNotFound');
    const task = await powerOn(session, vm);
    await waitUntilIdle(session, vm);
    expect(await power()).to.equal('poweredOn');
    expect(task.type).to.equal('Task');
  });

  async function datacenter(): Promise<ManagedObjectReference> {
    const [found] = (await vcsim.govc('find', '-i', '/', '-type', 'd')).trim().split('\n');
    const [type, value] = found?.split(':') ?? [];
    if (type === undefined || value === undefined) throw new Error('no datacenter');
    return {type, value};
  }
});

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
