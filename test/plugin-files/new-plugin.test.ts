import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {newPlugin} from '../../src/plugin-files/new-plugin.js';
import {checkPluginFiles} from '../../src/testing/check-plugin-files.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

describe('a new plugin', () => {
  for (const [name, target] of [
    ['container-team', 'container'],
    ['appliance-note', 'appliance'],
    ['x', 'container'],
  ] as const) {
    it(`passes every check at once: ${name}`, async () => {
      await withDirectory({}, async (directory) => {
        const made = await newPlugin(name, directory);
        expect(made).to.include({id: `1000-${name}`, target, packageFound: false});
        const [checked, ...more] = await checkPluginFiles(made.files[0] ?? '', []);
        expect(more).to.deep.equal([]);
        expect(checked?.checks.filter(({status}) => status !== 'passed')).to.deep.equal([]);
        expect(checked?.checks.map(({name}) => name).at(-1)).to.match(/example 1000-.*before\.json/);
      });
    });
  }

  it('has the next free number, whatever numbers are there', async () => {
    await withDirectory(
      {'1000-a.mjs': '', '1041-b.js': '', '12-c.mjs': '', 'd.mjs': ''},
      async (directory) => {
        expect((await newPlugin('e', directory)).id).to.equal('1042-e');
        expect((await newPlugin('f', directory)).id).to.equal('1043-f');
      },
    );
  });

  it('may be the first thing in its directory', async () => {
    await withDirectory({}, async (directory) => {
      await newPlugin('first', join(directory, 'plugins'));
      expect(await readdir(join(directory, 'plugins', 'test'))).to.have.length(3);
    });
  });

  it('touches nothing that is there already', async () => {
    await withDirectory({'test/1000-mine.test.mjs': 'mine'}, async (directory) => {
      const error = await rejection(newPlugin('mine', directory));
      expect(error.code).to.equal('VCH_ERR_USAGE');
      expect(error.message).to.match(/1000-mine\.test\.mjs already exists/);
      expect(await readdir(directory)).to.deep.equal(['test']);
      expect(await readFile(join(directory, 'test/1000-mine.test.mjs'), 'utf8')).to.equal('mine');
    });
  });

  it('is refused under a name that is taken, or is none', async () => {
    await withDirectory({'1000-mine.js': ''}, async (directory) => {
      for (const name of ['mine', 'container-createtime', 'Mine', 'a b', '../x', '', 'x'.repeat(65)]) {
        expect((await rejection(newPlugin(name, directory))).code, name).to.equal('VCH_ERR_USAGE');
      }
      expect(await readdir(directory)).to.deep.equal(['1000-mine.js']);
    });
  });

  it('says so where it cannot be written', async () => {
    await withDirectory({}, async (directory) => {
      await writeFile(join(directory, 'file'), '');
      const error = await rejection(newPlugin('mine', join(directory, 'file')));
      expect(error.message).to.match(/cannot be written \((ENOTDIR|EEXIST)\)/);
    });
  });
});
