import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {readDump} from '../../src/dump/read-dump.js';
import {vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';

const ID = '1'.repeat(64);
const folder = {type: 'Folder', value: 'group-v9'};
const vch = vm('vm-12', 'vch1', [
  ['guestinfo.vice./init/common/id', 'VirtualMachine:vm-12'],
  ['guestinfo.vice./init/version/PluginVersion', '0'],
]);
const web = vm('vm-13', 'web-1', [
  ['guestinfo.vice./common/id', ID],
  ['guestinfo.vice./common/name', 'web'],
  ['count', 5],
]);

function vm(value: string, name: string, keys: readonly (readonly [string, string | number])[]) {
  return {
    self: {type: 'VirtualMachine', value},
    name,
    parent: folder,
    resourcePool: {type: 'ResourcePool', value: 'resgroup-8'},
    config: {
      uuid: `42000000-0000-4000-8000-0000000000${value.slice(-2)}`,
      instanceUuid: `50000000-0000-4000-8000-0000000000${value.slice(-2)}`,
      template: false,
      files: {vmPathName: `[datastore1] ${name}/${name}.vmx`},
      hardware: {device: [{key: 3000, backing: {fileName: `[datastore1] ${name}/appliance.iso`}}]},
      extraConfig: keys.map(([key, value]) => ({key, value})),
    },
    runtime: {
      host: {type: 'HostSystem', value: 'host-3'},
      connectionState: 'connected',
      powerState: 'poweredOn',
    },
  };
}

/** The same VMs by the types of govmomi 0.24.2 and Go's own encoder: one vm.info, and an object.collect of each. */
const [OLD_INFO = '', ...OLD_COLLECTED] = readFileSync(`${ROOT}test/dump/govc-0.24.2.jsonl`, 'utf8')
  .trimEnd()
  .split('\n');

/** As `govc object.collect -json -type m /` writes it: a document for each object, arrays in a box. */
function collected({self, ...properties}: typeof vch, ...left: string[]): object {
  const changeSet = Object.entries(properties)
    .filter(([name]) => !left.includes(name))
    .map(([name, val]) => ({name, op: 'assign', val}));
  return {kind: 'enter', obj: self, changeSet};
}

async function planOf(text: string) {
  return withDirectory({'govc.json': text}, async (directory) => {
    const {code, stdout, stderr} = await vchMigrate([
      'plan',
      '--from-dump',
      join(directory, 'govc.json'),
      '--format',
      'json',
    ]);
    return {code, stderr, report: code === 0 ? JSON.parse(stdout) : undefined};
  });
}

describe('what govc writes', () => {
  const forms: Readonly<Record<string, string>> = {
    'vm.info -json -e': JSON.stringify({virtualMachines: [vch, web]}, null, 2),
    'vm.info of govc 0.2x': OLD_INFO,
    'object.collect of govc 0.2x': OLD_COLLECTED.join('\n'),
    'object.collect -json -type m': [vch, web]
      .map((one) => JSON.stringify(collected(one), null, 2))
      .join('\n'),
  };
  for (const [form, text] of Object.entries(forms)) {
    it(`is planned: ${form}`, async () => {
      const {code, report, stderr} = await planOf(text);
      expect(code, stderr).to.equal(0);
      expect(report.vch).to.deep.include({id: 'vm-12', name: 'vch1', containerVMs: 1});
      expect(report.vms[0]).to.deep.include({id: 'vm-13', status: 'pending', containerName: 'web'});
      const current = await planOf(forms['vm.info -json -e'] ?? '');
      expect(report.vms).to.deep.equal(current.report.vms);
    });
  }

  it('takes a folder that other VMs share for nobody’s own', () => {
    const other = vm('vm-14', 'somebody', []);
    const own = ({vms}: {readonly vms?: readonly {readonly folder?: string | undefined}[] | undefined}) =>
      vms?.map((one) => one.folder);
    return withDirectory(
      {
        'own.json': JSON.stringify({virtualMachines: [vch, web]}),
        'shared.json': JSON.stringify({virtualMachines: [vch, web, other]}),
      },
      async (directory) => {
        const folders = ['own.json', 'shared.json'].map((name) => {
          const {fixture} = readDump(join(directory, name));
          return typeof fixture === 'string' ? undefined : own(fixture);
        });
        expect(folders).to.deep.equal([
          ['group-v9', 'group-v9'],
          [undefined, undefined],
        ]);
      },
    );
  });

  it('is refused where a property is missing, with its name', async () => {
    const {code, stderr} = await planOf(JSON.stringify(collected(web, 'runtime')));
    expect(code).to.equal(5);
    expect(stderr).to.include('it has no runtime.connectionState, runtime.powerState');
  });

  it('is refused where the user could not read a property, which govc 0.2x writes as an empty text', async () => {
    const {code, stderr} = await planOf(
      OLD_INFO.replace('"ConnectionState":"connected"', '"ConnectionState":""'),
    );
    expect(code).to.equal(5);
    expect(stderr).to.include('vm-12 is not whole: it has no runtime.connectionState');
  });

  it('is refused where it does not say which VM it is', async () => {
    const {code, stderr} = await planOf(JSON.stringify([{name: 'name', op: 'assign', val: 'web'}]));
    expect(code).to.equal(5);
    expect(stderr).to.include('an object.collect of one object does not say which');
  });
});
