import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {ERROR_CODES} from '../src/errors.js';
import {FORMATS} from '../src/report/formats.js';
import {VM_STATUSES} from '../src/report/report.js';
import type {Simulator} from '../src/simulator/simulator.js';
import {startSimulator} from '../src/simulator/simulator.js';
import {CHECK, LOCK, STEPS, UNLOCK} from '../src/vch-upgrade/steps.js';
import {writeIso} from './iso-file.js';
import {vchMigrate} from './on-simulator.js';
import {ROOT} from './peers.js';
import {unasked} from './unasked.js';

const PAGES = [
  'README.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

function read(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

function sources(): readonly string[] {
  return readdirSync(`${ROOT}src`, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`src/${name}`));
}

/** What stands in the first column of a page's tables. */
function firstCells(page: string): string[] {
  return [...read(page).matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  );
}

/** The command lines in a page, as a shell would cut them. */
function commandLines(page: string): string[][] {
  const blocks = [...read(page).matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').replace(/^npx /, ''))
    .filter((line) => line.startsWith('vch-migrate '))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''))
    .map(([, ...args]) => args);
}

describe('documentation', () => {
  it('has the error codes of the source, and no other', () => {
    const documented = firstCells('docs/errors.md');
    expect(documented).to.deep.equal([...new Set(documented)]);
    expect(documented.sort()).to.deep.equal([...ERROR_CODES].sort());
    const used = new Set(sources().flatMap((text) => text.match(/VCH_ERR_[A-Z_]+/g) ?? []));
    expect([...used].sort()).to.deep.equal([...ERROR_CODES].sort());
  });

  it('has every published schema', () => {
    const files = [...read('docs/reports.md').matchAll(/`([a-z-]+-v\d\.schema\.json)` \|$/gm)];
    expect(files.map(([, file]) => file).sort()).to.deep.equal(readdirSync(`${ROOT}schemas`).sort());
  });

  it('has every check, and every finding of audit, with cause and cure', () => {
    const page = read('docs/findings.md');
    const [, checks = '', findings = ''] = page.split(/^## /m);
    const cells = (text: string) => [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, word]) => word);
    const inFile = (path: string, pattern: RegExp) =>
      [...read(path).matchAll(pattern)].map(([, word]) => word);
    expect(cells(checks)).to.deep.equal(inFile('src/vch-upgrade/check.ts', /\{id: '([a-z-]+)', title/g));
    const sought = [
      'rename/audit',
      'rename/rename-unfinished',
      'rename/display-name',
      'migration/names',
      'inventory/ownership',
    ]
      .flatMap((file) => inFile(`src/${file}.ts`, /(?:code: |add\(\s*|_LINK = )'([a-z-]+)'/g))
      .concat('stray-container');
    expect(cells(findings).sort()).to.deep.equal([...new Set(sought)].sort());
  });

  it('has the calls that the source makes, and no other', () => {
    const made = sources().flatMap((text) =>
      [...text.matchAll(/(?:\.call\(|\.read\(|startTask\(session,)\s*'([A-Z]\w+)'/g)].map(
        ([, method]) => method,
      ),
    );
    const page = read('docs/privileges.md');
    const documented = [...page.slice(page.indexOf('## Calls')).matchAll(/`([A-Z]\w+)`/g)].map(
      ([, method]) => method,
    );
    expect([...new Set(documented)].sort()).to.deep.equal([...new Set(made)].sort());
  });

  it('has every form and every status of a report', () => {
    const cells = firstCells('docs/reports.md');
    expect(cells).to.include.members([...FORMATS.map(({name}) => name), ...VM_STATUSES]);
    for (const {ending} of FORMATS) expect(read('docs/reports.md')).to.include(`\`${ending}\``);
  });

  it('has the steps of an upgrade as the step table has them', () => {
    const page = read('docs/upgrade.md');
    const table = page.slice(page.indexOf('| step | what happens | the VCH |')).split('\n\n')[0] ?? '';
    expect(table.split('\n').slice(2)).to.deep.equal(
      [CHECK, LOCK, ...STEPS, UNLOCK].map(({label, happens, vch}) => `| ${label} | ${happens} | ${vch} |`),
    );
  });

  it('leads to pages that are there', () => {
    for (const page of [...PAGES, 'CONTRIBUTING.md', 'src/README.md', 'plugins/README.md']) {
      const links = [...read(page).matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
      for (const link of links)
        expect(existsSync(join(ROOT, page, '..', link)), `${page}: ${link}`).to.equal(true);
    }
  });

  it('has a map of the source that names only files which exist', () => {
    const named = [...read('src/README.md').matchAll(/`([a-z0-9./-]+\/[a-z0-9.-]+\.ts)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.length).to.be.greaterThan(20);
    for (const path of named)
      expect(existsSync(`${ROOT}src/${path}`) || existsSync(`${ROOT}${path}`), path).to.equal(true);
  });

  it('has one decision a page, which the list names, and to which code and decision lead each other', () => {
    const pages = readdirSync(`${ROOT}docs/decisions`).filter((name) => name !== 'README.md');
    expect(pages.length).to.be.greaterThan(10);
    const list = read('docs/decisions/README.md');
    const code = sources().join('');
    for (const page of pages) {
      expect(list, page).to.include(`(${page})`);
      expect(code, page).to.include(`docs/decisions/${page}`);
      const named = [...read(`docs/decisions/${page}`).matchAll(/`(src\/[^`*]+)`/g)].map(
        ([, path = '']) => path,
      );
      for (const path of named) expect(existsSync(`${ROOT}${path}`), `${page}: ${path}`).to.equal(true);
    }
  });

  describe('commands', function () {
    this.timeout(120_000);
    const home = process.cwd();
    let folder: string;
    let simulator: Simulator;

    // The files that the commands of one page write are there for its next ones, and for nobody else.
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
      symlinkSync(`${ROOT}fixtures`, join(folder, 'fixtures'));
      mkdirSync(join(folder, 'home'));
      for (const name of ['appliance.iso', 'bootstrap.iso']) await writeIso(join(folder, name));
      process.chdir(folder);
      simulator = await startSimulator({fixture: `${ROOT}fixtures/legacy.json`});
    });
    afterEach(async () => {
      process.chdir(home);
      rmSync(folder, {recursive: true});
      await simulator.close();
    });

    // The pages know a deadline, 04:30: before it, at any time of the day.
    const now = () => new Date(new Date().setHours(2, 0, 0, 0));
    const run = (args: readonly string[]) => {
      // The pages talk to vc.example; here it is the simulator.
      const target = args.indexOf('--target');
      const ours = target !== -1 && args[target + 1] === 'vc.example' ? args.toSpliced(target, 2) : args;
      const user = ours.indexOf('--user');
      const variables = {
        GOVC_URL: simulator.url,
        GOVC_USERNAME: simulator.user,
        GOVC_PASSWORD: simulator.password,
        GOVC_INSECURE: '1',
      };
      return vchMigrate(unasked(user === -1 ? ours : ours.toSpliced(user, 2)), variables, undefined, {now});
    };

    for (const page of PAGES.filter((name) => commandLines(name).length > 0)) {
      it(`in ${page} run as they stand there`, async () => {
        // The night's command needs the plan of the days before.
        if (page === 'docs/during.md') await run(['plan', '--name', 'vch1', '--out', 'vch1.plan.json']);
        for (const args of commandLines(page)) {
          const {code, stderr} = await run(args);
          expect([0, 3], `vch-migrate ${args.join(' ')}: ${stderr}`).to.include(code);
        }
      });
    }
  });
});
