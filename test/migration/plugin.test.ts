import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {VchError} from '../../src/errors.js';
import {definePlugin, type PluginDefinition, pluginId} from '../../src/migration/plugin.js';
import {foreignPlugin} from './samples.js';

function faultOf(definition: unknown): string {
  try {
    // Authors of plain JavaScript hand in anything.
    definePlugin(definition as PluginDefinition);
  } catch (error) {
    if (!(error instanceof VchError)) throw error;
    expect(error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
    return error.message;
  }
  return '';
}

function faultWith(change: Record<string, unknown>): string {
  return faultOf({...foreignPlugin(), ...change});
}

describe('a plugin', () => {
  it('has an id of its version and name', () => {
    expect(pluginId({version: 2, name: 'container-common-name'})).to.equal('0002-container-common-name');
    expect(pluginId({version: 12345, name: 'x'})).to.equal('12345-x');
  });

  it('is refused with a reason where it cannot even be read', () => {
    const unreadable = {
      get keys() {
        throw new Error('no keys today');
      },
    };
    expect(faultOf({...foreignPlugin(), keys: new Proxy([], {get: () => unreadable.keys})})).to.include(
      'it cannot be read: no keys today',
    );
    expect(faultOf(unreadable)).to.include('it cannot be read: no keys today');
  });

  it('is frozen and does not follow its definition', () => {
    const keys = ['a'];
    const plugin = foreignPlugin({keys});
    keys.push('b');
    expect(plugin.keys).to.deep.equal(['a']);
    expect(Object.isFrozen(plugin) && Object.isFrozen(plugin.keys)).to.equal(true);
  });

  it('may be an instance of a class', () => {
    class Sample {
      version = 1000;
      target = 'container' as const;
      name = 'sample';
      summary = 'a sample';
      keys = ['a'];
      revision = 1;
      persist = true;
      up() {}
    }
    expect(pluginId(definePlugin(new Sample()))).to.equal('1000-sample');
  });

  it('passes if it is one of VIC’s', () => {
    for (const plugin of builtinPlugins) expect(faultOf(plugin)).to.equal('');
  });

  it('is refused for each fault by the name of what is wrong', () => {
    for (const [change, fault] of [
      [{version: 0}, /version must/],
      [{version: 11}, /version must/],
      [{version: 999}, /version must/],
      [{version: 1.5}, /version must/],
      [{version: '1000'}, /version must/],
      [{target: 'vm'}, /target must/],
      [{name: 'Not Kebab'}, /name must/],
      [{name: ''}, /name must/],
      [{summary: ' '}, /summary must/],
      [{summary: 'two\nlines'}, /summary must/],
      [{keys: []}, /keys must/],
      [{keys: 'a'}, /keys must/],
      [{keys: [1]}, /keys must/],
      [{reads: 'a'}, /reads must/],
      [{revision: 0}, /revision must/],
      [{persist: 'yes'}, /persist must/],
      [{up: undefined}, /up must/],
      [{down: () => {}}, /down is not allowed/],
    ] as const) {
      expect(faultWith(change), JSON.stringify(change)).to.match(fault);
    }
    expect(faultWith({revision: 0, persist: 1})).to.match(/revision must.*persist must/);
    for (const junk of [null, undefined, 1, 'x']) expect(faultOf(junk)).to.match(/not an object/);
  });

  it('is refused if it declares what belongs to others', () => {
    for (const key of [
      'vch-migrate/ledger',
      'vch-migrate/*',
      'guestinfo.ovfEnv',
      'UpdateInProgress',
      'guestinfo.vice./version/PluginVersion',
      'guestinfo.vice./version/*',
      'guestinfo.vice./connect/token@secret',
    ]) {
      expect(faultWith({keys: [key], persist: false}), key).to.include(`${key} cannot be declared`);
      expect(faultWith({reads: [key]}), key).to.include(`${key} cannot be declared`);
    }
  });

  it('is refused if it would write to containerVMs what the guest sees', () => {
    for (const key of ['guestinfo.vice./common/name', 'GUESTINFO.x', 'guestinfo.vice./*/x', 'guest*', '*']) {
      expect(faultWith({keys: [key]}), key).to.match(/cannot be written to a containerVM/);
      expect(faultWith({keys: [key], persist: false}), key).not.to.match(/cannot be written/);
      expect(faultWith({keys: [key], target: 'appliance'}), key).not.to.match(/cannot be written/);
    }
    expect(faultWith({reads: ['guestinfo.vice./common/name'], keys: ['networks|*/x']})).to.equal('');
  });
});
