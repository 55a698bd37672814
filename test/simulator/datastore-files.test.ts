import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';
import {applianceFixture} from './appliance-fixture.js';
import {attemptGovc, govcOn} from './govc-cli.js';
import {pyvmomiOn} from './pyvmomi-script.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describeWithPeers('simulator datastore files as govc meets them', ['govc'], ({govc}) => {
  let simulator: Simulator;
  const cli = (...args: string[]): Promise<string> => govcOn(govc, simulator, ...args);
  const stored = (path: string) => simulator.files('datastore1').find((file) => file.path === path);

  beforeEach(async () => {
    simulator = await startSimulator({fixture: applianceFixture()});
  });

  afterEach(() => simulator.close());

  it('are those of the VMs from the start', async () => {
    expect((await cli('datastore.ls')).split('\n')).to.have.members(['vch-1', 'other']);
    expect((await cli('datastore.ls', 'vch-1')).split('\n')).to.have.members(['appliance.iso', 'vch-1.vmx']);
    expect(await cli('datastore.ls', '-R', '-l')).to.contain('appliance.iso');
  });

  it('are uploaded, downloaded and removed, in folders that are made', async () => {
    await withDirectory({'a.iso': 'an image'}, async (directory) => {
      const [source, copy] = [join(directory, 'a.iso'), join(directory, 'b.iso')];
      await cli('datastore.mkdir', 'new');
      expect((await attemptGovc(govc, simulator, 'datastore.mkdir', 'new')).code).to.equal(1);
      await cli('datastore.upload', source, 'new/a b.iso');
      expect(stored('new/a b.iso')).to.deep.equal({path: 'new/a b.iso', size: 8, sha256: sha256('an image')});
      await cli('datastore.download', 'new/a b.iso', copy);
      await cli('datastore.rm', 'new/a b.iso');
      expect(stored('new/a b.iso')).to.equal(undefined);
      const {output} = await attemptGovc(govc, simulator, 'datastore.upload', source, 'none/a.iso');
      expect(output).to.contain('404');
    });
  });

  it('are kept from being deleted while a running VM uses them', async () => {
    const removal = ['datastore.rm', 'vch-1/appliance.iso'];
    expect((await attemptGovc(govc, simulator, ...removal)).output).to.contain('locked');
    await cli('vm.power', '-off', 'vch-1');
    await cli(...removal);
    expect((await attemptGovc(govc, simulator, ...removal)).output).to.match(/not found/);
  });
});

describeWithPeers('simulator FileManager as pyVmomi meets it', ['python'], ({python}) => {
  it('faults in vim25 words', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    const output = await pyvmomiOn(
      python,
      simulator,
      `
files = content.fileManager
dc = content.rootFolder.childEntity[0]
def attempt(run):
    try:
        print(run())
    except vmodl.MethodFault as fault:
        print(type(fault).__name__, getattr(fault, 'file', None))
attempt(lambda: WaitForTask(files.DeleteDatastoreFile_Task('[datastore1] vch-1/appliance.iso', dc)))
attempt(lambda: WaitForTask(files.DeleteDatastoreFile_Task('[datastore1] none.iso', dc)))
attempt(lambda: files.MakeDirectory('[datastore1] vch-1', dc, False))
attempt(lambda: files.MakeDirectory('[datastore1] a/b', dc, False))
attempt(lambda: files.MakeDirectory('[datastore1] a/b', dc, True))
attempt(lambda: files.MakeDirectory('[nowhere] a', dc, True))
browser = dc.datastore[0].browser
query = vim.host.DatastoreBrowser.SearchSpec(query=[vim.host.DatastoreBrowser.IsoImageQuery()], matchPattern=['app*'])
task = browser.SearchDatastore_Task('[datastore1] vch-1', query)
WaitForTask(task)
print(task.info.result.folderPath, [(f.path, f.fileSize) for f in task.info.result.file])
attempt(lambda: WaitForTask(browser.SearchDatastore_Task('[datastore1] none', query)))
`,
    );
    expect(output.split('\n')).to.deep.equal([
      'vim.fault.FileLocked [datastore1] vch-1/appliance.iso',
      'vim.fault.FileNotFound [datastore1] none.iso',
      'vim.fault.FileAlreadyExists [datastore1] vch-1',
      'vim.fault.FileNotFound [datastore1] a/b',
      'None',
      'vim.fault.InvalidDatastorePath None',
      "[datastore1] vch-1 [('appliance.iso', None)]",
      'vim.fault.FileNotFound [datastore1] none',
    ]);
  });
});
