import {stripVTControlCharacters} from 'node:util';
import {expect} from 'chai';
import stringWidth from 'string-width';
import {toText} from '../../src/report/formats/text.js';
import type {LayoutOptions} from '../../src/report/layout.js';
import type {Report} from '../../src/report/report.js';
import {verdict} from '../../src/report/verdict.js';
import {down, EVERY, failed, night, upgraded} from './night-report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

const plain = (columns: number, more: Partial<LayoutOptions> = {}) => ({columns, colour: false, ...more});
const linesOf = (text: string) => text.trimEnd().split('\n');

const small = exampleReport([
  reportVm(),
  reportVm({
    id: 'vm-15',
    displayName: 'cache-1111',
    containerName: 'cache',
    status: 'unchanged',
    applied: [],
    changes: [],
    dataVersion: 10,
    rename: 'supported',
  }),
  refusedVm(),
]);

describe('text report', () => {
  it('says what happened in its first line, and what to do in its last ones', () => {
    const lines = linesOf(toText(upgraded, plain(80)));
    expect(lines[0]).to.equal('✓ vch-web-07 is upgraded to v1.5.6; 3 containerVMs need attention');
    expect(lines.slice(2, 8)).to.deep.equal([
      '  Version        v1.2.1 → v1.5.6   build 13858 → 20000   data version 5 → 10',
      '  VCH down       3 min 12 s        02:13:08 to 02:16:20 UTC; docker API only',
      '  Whole run      10 min 36 s       02:06:00 to 02:16:36 UTC, 14 Nov 2026',
      '  ContainerVMs   21: 15 changed, 3 no change needed, 3 need attention',
      '                 none was stopped',
      '  Checks         2 passed, 2 warnings',
    ]);
    const [command = ''] = upgraded.actions?.map((action) => action.command) ?? [];
    expect(lines.at(-2)).to.match(/^Next: /);
    expect(lines.at(-1)).to.equal(`  ${command}`);
  });

  it('tells why an upgrade failed before any count, and the state that it left', () => {
    const text = toText(failed, plain(80));
    expect(text).to.match(
      /^✕ The upgrade of vch-web-07 failed; it is back on v1\.2\.1\n\n {2}✕ .*port-layer.*\n\n {2}Now {12}→ VCH on, services ready; docker not confirmed from here\n {17}✓ No containerVM stopped\n {17}✓ Lock released\n {2}Version .*\n +not reached: v1\.5\.6, build 20000\n {2}VCH down {7}13 min 13 s/s,
    );
    expect(text.match(/was still waiting for/g)).to.have.lengthOf(1);
  });

  it('calls for a person, with every command alone on its line', () => {
    const lines = linesOf(toText(down, plain(80)));
    expect(lines[0]).to.equal('✕ vch-web-07 is down and could not be put back; a person is needed now');
    expect(lines).to.include('  VCH down       since 02:13:08 UTC, 14 min 20 s so far');
    const commands = verdict(down).actions.flatMap(({command}) => command?.split('\n') ?? []);
    expect(commands).to.have.length.greaterThan(4);
    for (const command of commands)
      expect(lines.filter((line) => line.trim() === command)).to.have.lengthOf(1);
  });

  it('puts exceptions together by their reason, worst first', () => {
    const text = toText(EVERY['apply'] as Report, plain(100));
    const marks = linesOf(text).filter((line) => /^ {2}[✕!] \d/.test(line));
    expect(marks.map((line) => line.replace(/ {2,}VCH_ERR.*/, ''))).to.deep.equal([
      '  ✕ 1 containerVM failed: vSphere refused it',
      '  ✕ 1 containerVM has an unknown outcome: sent, but no answer came',
      '  ! 1 containerVM is in conflict',
      '  ! 2 containerVMs were refused: no name to copy',
      '  ! 1 containerVM cannot be read: host or datastore out of reach',
    ]);
    expect(text).to.include('      govc vm.change -vm VirtualMachine:vm-2161 -e common/name=NAME\n');
  });

  it('has neither a section nor a count for what did not happen', () => {
    const good = {...upgraded, vms: upgraded.vms.filter(({error}) => error === null), findings: []};
    const text = toText(good, plain(80));
    expect(linesOf(text)[0]).to.equal('✓ vch-web-07 is upgraded to v1.5.6');
    expect(text).not.to.match(/attention|refused|unreachable| 0 |Worth knowing|Appliance \(/);
  });

  for (const columns of [60, 80, 200]) {
    it(`fits ${columns} columns, and cuts nothing`, () => {
      const long = {
        displayName: `postgres-orders-standby-${'0123456789abcdef'.repeat(4)}`,
        containerName: 'postgres-orders-standby',
      };
      const report = exampleReport([
        ...small.vms,
        refusedVm({...long, id: 'vm-16', status: 'unreachable'}),
        reportVm({...long, id: 'vm-17', containerName: null}),
      ]);
      const text = toText(report, plain(columns, {details: true}));
      expect(Math.max(...linesOf(text).map((line) => stringWidth(line)))).to.be.at.most(columns);
      expect(text)
        .to.include('postgres-orders-standby-0123456789ab…')
        .and.include('postgres-orders-standby (vm-16)');
      expect(text).not.to.match(/cdef0123/);
    });
  }

  it('shows the VMs as a table where it fits, and otherwise by what changes', () => {
    const what = '+ common/name "web", + common/rename-disabled "true"';
    const wide = linesOf(toText(small, plain(200))).find((line) => line.includes(what));
    expect(wide).to.match(/^ {2}web-0a1b2c3d4e5f +web +on +0 +disabled +will change +\+ common/);
    const narrow = toText(small, plain(80));
    expect(narrow).to.include(
      [
        'What will change (2 keys)',
        '  1 containerVM',
        '    + common/name              web',
        '    + common/rename-disabled   true',
        '    web',
      ].join('\n'),
    );
  });

  it('shows a power state that it does not know as it is', () => {
    const text = toText(exampleReport([reportVm({powerState: 'constructor'})]), plain(200));
    expect(text).to.match(/web {2,}constructor/);
  });

  it('aligns columns although names are wide', () => {
    const report = exampleReport([reportVm({displayName: '日本語'}), reportVm({displayName: 'plain'})]);
    const rows = linesOf(toText(report, plain(200))).filter((line) => line.includes('will change  +'));
    const starts = rows.map((row) => stringWidth(row.slice(0, row.indexOf('will change'))));
    expect(starts).to.have.length(2);
    expect(starts[0]).to.equal(starts[1]);
  });

  it('shows findings of the VCH, and those of VMs together', () => {
    const finding = {code: 'names-differ', message: 'the hidden name is kept'};
    const report = exampleReport(
      [reportVm({findings: [finding]}), reportVm({id: 'vm-20', containerName: 'db', findings: [finding]})],
      {findings: [{code: 'stray', message: 'vm-99 lies outside'}]},
    );
    const text = toText(report, plain(120));
    expect(text).to.match(/Worth knowing\n {2}! Vm-99 lies outside|Worth knowing\n {2}! vm-99 lies outside/);
    expect(text).to.match(
      / {2}– 2 containerVMs: the hidden and the legacy name differ +names-differ\n {4}web \(vm-13\), db \(vm-20\)/,
    );
  });

  it('groups the same changes of many VMs, and names ten of them', () => {
    const many = Array.from({length: 412}, (_, n) =>
      reportVm({
        id: `vm-${n}`,
        displayName: `web-${n}`,
        containerName: `web${n}`,
        changes: [{key: 'common/name', before: null, after: `web${n}`}],
      }),
    );
    const text = toText(exampleReport(many), plain(100));
    expect(text).to.include("  412 containerVMs\n    + common/name   the container's own name\n");
    expect(text).to.include('web0, web1,').and.include('and 402 more (--details lists them)');
    expect(linesOf(text).length).to.be.lessThan(30);
    expect(toText(exampleReport(many), plain(100, {details: true}))).to.include('web411');
  });

  it('shows what changes on the appliance one key a line, before it is done or with all details', () => {
    const keys = (report: Report, details = false) =>
      linesOf(toText(report, plain(80, {details}))).filter((line) => /^ {2}[+~-] /.test(line));
    expect(keys(EVERY['dry-run'] as Report)).to.include(
      '  ~ guestinfo.vice./init/version/BuildNumber   13858 → 20000',
    );
    expect(keys(upgraded)).to.deep.equal([]);
    expect(keys(upgraded, true)).to.have.length.greaterThan(5);
  });

  it('shows what was compared', () => {
    const report = night(
      {
        command: 'verify',
        compared: [
          {check: 'Names', ok: 3, of: 3},
          {check: 'Marks', ok: 9, of: 10},
        ],
      },
      [],
    );
    expect(toText(report, plain(80))).to.include(
      'What was compared\n  ✓  3 of 3  Names\n  ✕ 9 of 10  Marks\n',
    );
  });

  it('lets no control character of a name reach the terminal', () => {
    const report = exampleReport([
      refusedVm({
        displayName: 'evil\u001b[2J\u202e\nname',
        containerName: 'c\u0007',
        error: {code: 'VCH_ERR_NAME_MISSING', message: 'bad\u001b]0;title\u0007\nmessage'},
      }),
    ]);
    for (const details of [false, true]) {
      const text = toText(report, plain(120, {details}));
      expect(text.replaceAll('\n', '')).to.not.match(/[\p{Cc}\u202e]/u);
      expect(text).to.include('"c"');
    }
  });

  it('colours only when asked to, and the words stay the same', () => {
    for (const report of Object.values(EVERY)) {
      const plainText = toText(report, plain(80));
      const coloured = toText(report, {columns: 80, colour: true});
      expect(plainText).to.not.include('\u001b');
      expect(coloured).to.include('\u001b[');
      expect(stripVTControlCharacters(coloured)).to.equal(plainText);
    }
    expect(toText(upgraded, {columns: 80, colour: true})).to.include('\u001b[35m3 min 12 s\u001b[39m');
  });

  it('has ASCII marks for a terminal that shows nothing else', () => {
    for (const report of Object.values(EVERY))
      expect(toText(report, plain(80, {unicode: false}))).to.match(/^(?:ok|!|x|->|-) [\x20-\x7e\n]+$/);
  });

  it('says that no upgrade is in progress as plainly as the opposite', () => {
    const status = exampleReport([], {command: 'status'});
    expect(toText(status, plain(120))).to.include('No upgrade in progress on vch1');
    const lock = {held: true, by: 'vch-migrate', lockId: 'L1', owner: 'ann@ops1', phase: 'snapshot'} as const;
    const held = toText(exampleReport([], {command: 'status', vch: {...status.vch, lock}}), plain(200));
    expect(held).to.include(
      'An upgrade is in progress: by vch-migrate, owner ann@ops1, phase snapshot, lock L1.',
    );
    expect(held).to.not.include('No upgrade in progress');
  });

  it('shows applied and pending plugins in a status', () => {
    const vm = reportVm({
      status: 'pending',
      applied: [],
      changes: [],
      history: ['0002-a'],
      pending: ['0004-b'],
    });
    const report = exampleReport([vm], {command: 'status'});
    expect(toText(report, plain(200))).to.include('applied 0002-a; pending 0004-b');
    expect(toText(report, plain(60))).to.include(
      '  1 containerVM: applied 0002-a; pending 0004-b\n    web\n',
    );
  });

  it('names the other files that it is in, and the whole digest on one line', () => {
    const digest = `sha256:${'9'.repeat(64)}`;
    const text = toText({...small, planDigest: digest}, plain(60, {saved: ['a.json', 'a.html']}));
    expect(text).to.include('  Reports        a.json, a.html\n').and.include(digest);
  });
});
