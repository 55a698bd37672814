import {execFileSync} from 'node:child_process';
import {mkdir, symlink} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import type {VchError} from '../../src/errors.js';
import {pluginId} from '../../src/migration/plugin.js';
import {loadRegistry} from '../../src/plugin-files/load-plugins.js';
import {rejection} from '../rejection.js';
import {definedSource, pluginSource, withDirectory} from '../temporary-directory.js';

function load(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return withDirectory(files, async (directory) => {
    const {plugins} = await loadRegistry([directory]);
    return plugins.filter(({file}) => file !== undefined).map(pluginId);
  });
}

function refusal(files: Readonly<Record<string, string>>): Promise<VchError> {
  return rejection(load(files));
}

describe('plugins of a directory', () => {
  it('are its .js and .mjs files, and nothing below it or beside them', async () => {
    const loaded = await load({
      '1000-sample.mjs': pluginSource(),
      '1002-esm.js': pluginSource({version: '1002', name: "'esm'"}),
      'README.md': '# no plugin',
      'package.json': '{"type": "module"}',
      'old.js.bak': 'no plugin',
      'test/1000-sample.test.mjs': 'throw new Error("a test is no plugin")',
      'folder.mjs/x.mjs': 'throw new Error("a folder is no plugin")',
    });
    expect(loaded).to.deep.equal(['1000-sample', '1002-esm']);
  });

  it('must not be links that lead nowhere', async () => {
    await withDirectory({'a.mjs': pluginSource()}, async (directory) => {
      await symlink('nowhere.mjs', join(directory, 'b.mjs'));
      const error = await rejection(loadRegistry([directory]));
      expect(error).to.include({code: 'VCH_ERR_PLUGIN_INVALID'});
      expect(error.message).to.include('b.mjs cannot be read (ENOENT)');
    });
  });

  it('must not be pipes, which nobody may write to', async () => {
    await withDirectory({'a.mjs': pluginSource()}, async (directory) => {
      execFileSync('mkfifo', [join(directory, 'b.mjs')]);
      const error = await rejection(loadRegistry([directory]));
      expect(error).to.include({code: 'VCH_ERR_PLUGIN_INVALID'});
      expect(error.message).to.include('b.mjs is not a file');
    });
  });

  it('come beside VIC’s own, in the order of their versions', async () => {
    await withDirectory({'a.mjs': pluginSource()}, async (directory) => {
      const {plugins} = await loadRegistry([directory]);
      expect(plugins.map(pluginId).slice(-2)).to.deep.equal(['0009-container-createtime', '1000-sample']);
      expect(plugins.at(-1)?.file).to.equal(join(directory, 'a.mjs'));
    });
  });

  it('are not looked for where no directory is named', async () => {
    const {plugins} = await loadRegistry([]);
    expect(plugins.every(({file}) => file === undefined)).to.equal(true);
  });

  it('may import this package from wherever they lie', async () => {
    expect(await load({'a.mjs': definedSource()})).to.deep.equal(['1000-sample']);
  });

  it('may come from another copy of this package', async () => {
    const copy = 'export const definePlugin = (definition) => Object.freeze({...definition, reads: []});';
    const manifest = '{"name": "vch-migrate", "type": "module", "exports": {"./plugin": "./plugin.js"}}';
    const files = {
      'node_modules/vch-migrate/package.json': manifest,
      'node_modules/vch-migrate/plugin.js': copy,
      'a.mjs': definedSource(),
    };
    expect(await load(files)).to.deep.equal(['1000-sample']);
  });

  it('may be CommonJS modules', async () => {
    const source = pluginSource().replace('export default', 'module.exports =');
    expect(await load({'a.js': source})).to.deep.equal(['1000-sample']);
  });

  it('may be what a compiler makes of an ES module', async () => {
    const compiled = pluginSource().replace(
      'export default',
      'exports.__esModule = true;\nexports.default =',
    );
    expect(await load({'a.js': compiled})).to.deep.equal(['1000-sample']);
  });

  it('count once where their directory is named twice', async () => {
    await withDirectory({'plugins/a.mjs': pluginSource()}, async (directory) => {
      await symlink(join(directory, 'plugins'), join(directory, 'link'));
      const named = [join(directory, 'plugins'), join(directory, 'plugins', '.'), join(directory, 'link')];
      const {plugins} = await loadRegistry(named);
      expect(plugins.filter(({file}) => file !== undefined)).to.have.length(1);
    });
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'no plugin at all',
      'export const x = 1;',
      /is not a plugin: it has no default export.*export default definePlugin/,
    ],
    [
      'something else',
      'export default 42;',
      /is not a plugin: it is not an object; export what definePlugin/,
    ],
    [
      'something that throws wherever it is looked at',
      'export default new Proxy({}, {get: () => { throw Object.create(null); }});',
      /is not a plugin: looking at it throws/,
    ],
    ['no JavaScript', 'export default {{', /cannot be loaded: SyntaxError/],
    ['something that throws', 'throw new TypeError("no luck")', /cannot be loaded: TypeError: no luck/],
    [
      'a package that is not there',
      'import "not-there-at-all";',
      /'not-there-at-all'.*Install the missing package/,
    ],
    ['a version below 1000', pluginSource({version: '999'}), /version must be .* or from 1000/],
    [
      'one of VIC’s versions',
      pluginSource({version: '3'}),
      /version 3, but 1 to 10 are VIC's own: number it from 1000/,
    ],
    ['an unknown target', pluginSource({target: "'vm'"}), /target must be appliance or container/],
    [
      'a visible key that is written to containerVMs',
      pluginSource({keys: "['guestinfo.acme/team']"}),
      /guestinfo\.acme\/team cannot be written to a containerVM.*declare it in reads, or set persist to false/,
    ],
    [
      'a key of the tool’s own',
      pluginSource({keys: "['vch-migrate/lock']"}),
      /vch-migrate\/lock cannot be declared/,
    ],
    ['a fault that definePlugin finds', definedSource({revision: '0'}), /revision must be 1 or more/],
    [
      'a name of VIC’s',
      pluginSource({name: "'container-createtime'"}),
      /0009-container-createtime and .*same name/,
    ],
  ];
  for (const [what, source, words] of refused) {
    it(`are refused with ${what}, by the file and what to mend`, async () => {
      const error = await refusal({'1000-bad.mjs': source});
      expect(error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
      expect(error.message)
        .to.match(/1000-bad\.mjs/)
        .and.match(words)
        .and.not.include('\n');
    });
  }

  for (const [what, other] of [
    ['version', {name: "'other'"}],
    ['name', {version: '1001'}],
  ] as const) {
    it(`are refused where two have the same ${what}, by both files`, async () => {
      const error = await refusal({'a.mjs': pluginSource(), 'b.js': pluginSource(other)});
      expect(error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
      expect(error.message).to.match(new RegExp(`a\\.mjs.*b\\.js.*same ${what}: change one of them`));
    });
  }

  it('are refused as a setting where there is no directory, or none in it', async () => {
    await withDirectory({'file.mjs': pluginSource()}, async (directory) => {
      await mkdir(join(directory, 'empty'));
      for (const [name, words] of [
        ['nowhere', /nowhere does not exist/],
        ['file.mjs', /file\.mjs is not a directory/],
        ['empty', /empty contains no plugin.*plugins new NAME/],
      ] as const) {
        const error = await rejection(loadRegistry([join(directory, name)]));
        expect(error.code).to.equal('VCH_ERR_USAGE');
        expect(error.message).to.match(words);
      }
    });
  });
});
