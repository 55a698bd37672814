import {mkdir, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {vchMigrate} from '../../on-simulator.js';
import {definedSource, pluginSource, withDirectory} from '../../temporary-directory.js';

interface Check {
  readonly name: string;
  readonly status: string;
  readonly message: string | null;
}

function checksOf(stdout: string): readonly Check[] {
  const {plugins}: {plugins: readonly {checks: readonly Check[]}[]} = JSON.parse(stdout);
  return plugins.flatMap(({checks}) => checks);
}

describe('plugins', () => {
  for (const args of [
    ['plugins', '--help'],
    ['plugins', 'list', '--help'],
    ['plugins', 'new', '--help'],
    ['plugins', 'check', '--help'],
  ]) {
    it(`has a help for ${args.join(' ')}`, async () => {
      const {code, stdout, stderr} = await vchMigrate(args);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.include(`vch-migrate ${args.slice(0, -1).join(' ')}`);
      expect(stdout.includes('Run:')).to.equal(args.length === 3);
    });
  }

  const usage: readonly (readonly [readonly string[], RegExp])[] = [
    [['plugins'], /plugins needs a command, one of list, new, check; see vch-migrate plugins --help/],
    [['plugins', 'lsit'], /unknown command "plugins lsit", did you mean plugins list\?/],
    [['plugisn'], /unknown command "plugisn", did you mean plugins\?/],
    [
      ['plugins', 'list', 'extra'],
      /plugins list takes no argument "extra"; see vch-migrate plugins list --help/,
    ],
    [['plugins', 'list', '--target', 'x'], /plugins list has no option --target/],
    [['plugins', 'list', '--plugins', 'a', '--plugins='], /--plugins needs a value/],
    [['plugins', 'new'], /plugins new needs NAME: vch-migrate plugins new /],
    [['plugins', 'new', 'x', '--plugins', 'a', '--plugins', 'b'], /give --plugins once/],
    [['plugins', 'check'], /plugins check needs PATH: vch-migrate plugins check /],
    [['plugins', 'check', '/nowhere'], /\/nowhere cannot be read/],
  ];
  for (const [args, line] of usage) {
    it(`exits 5 with one line for ${args.join(' ')}`, async () => {
      const {code, stdout, stderr} = await vchMigrate(args);
      expect([code, stdout]).to.deep.equal([5, '']);
      expect(stderr)
        .to.match(line)
        .and.match(/^vch-migrate: VCH_ERR_USAGE: [^\n]+\n$/);
    });
  }
});

describe('plugins list', () => {
  it('lists VIC’s own, and those of every directory that is named', async () => {
    const files = {'a/1000.mjs': pluginSource(), 'b/x.js': definedSource({version: '1001', name: "'other'"})};
    await withDirectory({...files, 'b/package.json': '{"type":"module"}'}, async (directory) => {
      const [a, b] = [join(directory, 'a'), join(directory, 'b')];
      const text = await vchMigrate(['plugins', 'list', '--plugins', a, `--plugins=${b}`]);
      expect([text.code, text.stderr]).to.deep.equal([0, '']);
      expect(text.stdout)
        .to.match(/^Plugins: 9,/)
        .and.match(/0009-container-createtime +container +in memory only +VIC\s/)
        .and.match(/1001-other +container +to the VM .*\n +a sample\n/);
      const json = await vchMigrate(['plugins', 'list', '--plugins', a, '--plugins', b, '--format', 'json']);
      const {schema, plugins} = JSON.parse(json.stdout);
      expect(schema).to.equal('vch-migrate/plugins/v1');
      expect(plugins).to.have.length(9);
      expect(plugins.at(-1)).to.deep.equal({
        id: '1001-other',
        version: 1001,
        target: 'container',
        name: 'other',
        summary: 'a sample',
        revision: 1,
        persist: true,
        keys: ['sample/key'],
        reads: [],
        file: join(b, 'x.js'),
      });
      expect(plugins[0].file).to.equal(null);
    });
  });

  it('exits 5 for a plugin that is none, naming its file', async () => {
    await withDirectory({'1000-bad.mjs': pluginSource({target: "'vm'"})}, async (directory) => {
      const {code, stdout, stderr} = await vchMigrate(['plugins', 'list', '--plugins', directory]);
      expect([code, stdout]).to.deep.equal([5, '']);
      expect(stderr).to.match(/^vch-migrate: VCH_ERR_PLUGIN_INVALID: .*1000-bad\.mjs.*target must be/);
    });
  });
});

describe('plugins new', () => {
  it('makes files that plugins check passes at once, and says what comes next', async () => {
    await withDirectory({}, async (directory) => {
      const made = await vchMigrate(['plugins', 'new', 'container-team', '--plugins', directory]);
      expect([made.code, made.stderr]).to.deep.equal([0, '']);
      expect(made.stdout)
        .to.include('1000-container-team')
        .and.match(/Next: .*plugins check \S+1000-/);
      expect(await readdir(directory, {recursive: true})).to.have.members([
        '1000-container-team.mjs',
        'test',
        'test/1000-container-team.after.json',
        'test/1000-container-team.before.json',
        'test/1000-container-team.test.mjs',
      ]);
      const json = await vchMigrate(['plugins', 'new', 'two', '--plugins', directory, '--format', 'json']);
      const {schema, plugin, files} = JSON.parse(json.stdout);
      expect([schema, plugin]).to.deep.equal([
        'vch-migrate/plugins-new/v1',
        {id: '1001-two', target: 'container'},
      ]);
      expect(files[0]).to.equal(join(directory, '1001-two.mjs'));
      const checked = await vchMigrate(['plugins', 'check', directory]);
      expect([checked.code, checked.stderr]).to.deep.equal([0, '']);
      expect(checked.stdout)
        .to.match(/1000-container-team \(.*\)\n {2}passed +is a plugin/)
        .and.match(/\n19 passed, 0 failed\n/);
    });
  });
});

describe('plugins check', () => {
  it('exits 1 with every check and its fault, of every file', async () => {
    const files = {
      '1000-no.mjs': 'export default 1;',
      '1001-hands.mjs': pluginSource({version: '1001', up: "(draft) => draft.set('else', 'x')"}),
      '1002-good.mjs': pluginSource({version: '1002', name: "'good'"}),
    };
    await withDirectory(files, async (directory) => {
      const json = await vchMigrate(['plugins', 'check', directory, '--format', 'json']);
      expect(json.code).to.equal(1);
      expect(json.stderr).to.match(/VCH_ERR_PLUGIN_INVALID: 2 of 18 checks failed/);
      const {schema, summary, plugins} = JSON.parse(json.stdout);
      expect([schema, summary]).to.deep.equal([
        'vch-migrate/plugins-check/v1',
        {passed: 10, failed: 2, 'not-run': 6},
      ]);
      expect(plugins.map(({id}: {id: string}) => id)).to.deep.equal([null, '1001-sample', '1002-good', null]);
      const failed = checksOf(json.stdout).filter(({status}) => status === 'failed');
      expect(failed.map(({message}) => message).join('\n')).to.match(
        /1000-no\.mjs is not a plugin.*\n.*1001-sample.*touched else, which it does not declare/,
      );
      const text = await vchMigrate(['plugins', 'check', join(directory, '1001-hands.mjs')]);
      expect(text.code).to.equal(1);
      expect(text.stdout)
        .to.match(/failed +touches declared keys only\n {11}\S/)
        .and.include('not-run');
    });
  });

  it('finds a version twice among files that are sound alone, and in --plugins', async () => {
    const files = {'a/a.mjs': pluginSource(), 'b/b.mjs': pluginSource({name: "'other'"})};
    await withDirectory(files, async (directory) => {
      const [a, b] = [join(directory, 'a'), join(directory, 'b')];
      expect((await vchMigrate(['plugins', 'check', a])).code).to.equal(0);
      expect((await vchMigrate(['plugins', 'check', join(a, 'a.mjs'), '--plugins', a])).code).to.equal(0);
      const both = await vchMigrate(['plugins', 'check', a, '--plugins', b, '--format', 'json']);
      expect(both.code).to.equal(1);
      expect(checksOf(both.stdout).at(-1)?.message).to.match(/same version/);
    });
  });

  it('takes the examples in test/, and says which key is wrong', async () => {
    const files = {
      'x.mjs': pluginSource(),
      'test/x.before.json': '{"a": "1"}',
      'test/x.after.json': '{"a": "1", "sample/key": "done"}',
      'test/x.second.before.json': '{"a": "1"}',
      'test/x.second.after.json': '{"a": "2", "sample/key": "done"}',
    };
    await withDirectory(files, async (directory) => {
      const {code, stdout} = await vchMigrate([
        'plugins',
        'check',
        join(directory, 'x.mjs'),
        '--format',
        'json',
      ]);
      expect(code).to.equal(1);
      expect(checksOf(stdout).filter(({name}) => name.includes('example'))).to.deep.equal([
        {name: 'makes of example x.before.json what it should', status: 'passed', message: null},
        {
          name: 'makes of example x.second.before.json what it should',
          status: 'failed',
          message: 'a is "1", and should be "2"',
        },
      ]);
    });
  });

  it('exits 5 for an example that cannot be read', async () => {
    for (const [text, words] of [
      ['{', /x\.before\.json is unusable: it is not JSON/],
      ['{"a": 1}', /x\.before\.json is unusable: a is not a string/],
    ] as const) {
      const files = {'x.mjs': pluginSource(), 'test/x.before.json': text, 'test/x.after.json': '{}'};
      await withDirectory(files, async (directory) => {
        const {code, stderr} = await vchMigrate(['plugins', 'check', join(directory, 'x.mjs')]);
        expect(code).to.equal(5);
        expect(stderr).to.match(words);
      });
    }
  });

  it('exits 5 for a directory without plugins', async () => {
    await withDirectory({}, async (directory) => {
      await mkdir(join(directory, 'test'));
      expect((await vchMigrate(['plugins', 'check', directory])).code).to.equal(5);
    });
  });
});
