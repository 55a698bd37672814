import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {pluginId} from '../../src/migration/plugin.js';
import {createRegistry} from '../../src/migration/registry.js';
import {builtin, foreignPlugin, LEDGER, LEGACY_NAME, MARK, NAME, VERSION} from './samples.js';

describe('the registry', () => {
  it('has VIC’s plugins, in the order of their versions', () => {
    expect(createRegistry([...builtinPlugins].reverse()).plugins.map(pluginId)).to.deep.equal([
      '0001-appliance-common-name',
      '0002-container-common-name',
      '0004-container-rename-disabled',
      '0005-appliance-registry-hosts',
      '0007-appliance-vicadmin-proxy',
      '0008-appliance-insecure-registries',
      '0009-container-createtime',
    ]);
  });

  it('sorts by number, not by text', () => {
    const registry = createRegistry([
      foreignPlugin({version: 10000, name: 'b'}),
      foreignPlugin({version: 9999, name: 'a'}),
    ]);
    expect(registry.plugins.map(({version}) => version)).to.deep.equal([9999, 10000]);
  });

  it('persists to containerVMs plugins 2 and 4 only', () => {
    expect(builtin.persisted('container').map(({version}) => version)).to.deep.equal([2, 4]);
    expect(builtin.forTarget('container').map(({version}) => version)).to.deep.equal([2, 4, 9]);
    expect(builtin.forTarget('appliance').map(({version}) => version)).to.deep.equal([1, 5, 7, 8]);
  });

  it('finds a plugin by its id', () => {
    expect(builtin.get('0004-container-rename-disabled')?.version).to.equal(4);
    expect(builtin.get('0003-nothing')).to.equal(undefined);
  });

  it('refuses a version or a name that is there twice, over both targets', () => {
    const other = foreignPlugin({version: 1001, name: 'other', target: 'appliance'});
    expect(() => createRegistry([foreignPlugin(), {...other, version: 1000}])).to.throw(
      /1000-other.*same version/,
    );
    expect(() => createRegistry([foreignPlugin(), {...other, name: 'sample'}])).to.throw(
      /1001-sample.*same name/,
    );
    expect(createRegistry([foreignPlugin(), other]).plugins).to.have.length(2);
  });

  it('checks plugins that nobody defined', () => {
    expect(() => createRegistry([{...foreignPlugin(), version: 11}])).to.throw(/version must/);
  });

  it('names the keys to read, or all where a pattern needs them', () => {
    expect(builtin.readKeys('container')).to.deep.equal(
      [NAME, MARK, 'guestinfo.vice./common/id', LEGACY_NAME, VERSION, LEDGER].sort(),
    );
    expect(builtin.readKeys('appliance')).to.equal('all');
    const pattern = createRegistry([...builtinPlugins, foreignPlugin({reads: ['networks|*/x']})]);
    expect(pattern.readKeys('container')).to.equal('all');
    const exact = createRegistry([...builtinPlugins, foreignPlugin({reads: ['guestinfo.vice./repo']})]);
    expect(exact.readKeys('container')).to.include.members(['guestinfo.vice./repo', 'sample/key']);
  });
});
