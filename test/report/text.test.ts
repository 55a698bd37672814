import {stripVTControlCharacters} from 'node:util';
import {expect} from 'chai';
import stringWidth from 'string-width';
import {toText} from '../../src/report/formats/text.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

const plain = (columns: number) => ({columns, colour: false});
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
  it('tells the summary first and the next command in its last line', () => {
    const lines = linesOf(toText(small, plain(120)));
    expect(lines[0]).to.equal('Plan for VCH vch1 (vm-12)');
    expect(lines).to.include('3 containerVMs: 1 pending, 1 unchanged, 1 refused');
    expect(lines).to.include('docker rename is disabled on 2 containerVMs.');
    expect(lines.at(-1)).to.equal('Next: vch-migrate apply --name vch1');
  });

  it('shows a power state that it does not know as it is', () => {
    const text = toText(exampleReport([reportVm({powerState: 'constructor'})]), plain(120));
    expect(text).to.match(/web {2,}constructor/);
  });

  for (const columns of [60, 80, 200]) {
    it(`fits ${columns} columns`, () => {
      const long = {
        displayName: `postgres-orders-standby-${'0123456789abcdef'.repeat(4)}`,
        containerName: 'postgres-orders-standby',
      };
      const unreachable = refusedVm({...long, status: 'unreachable'});
      const report = exampleReport([...small.vms, unreachable, reportVm({...long, status: 'not-attempted'})]);
      const lines = linesOf(toText(report, plain(columns)));
      expect(lines.filter((line) => line.includes('not-attempted'))).to.have.length.greaterThan(1);
      const longest = Math.max(...lines.map((line) => stringWidth(line)));
      expect(longest).to.be.at.most(columns);
    });
  }

  it('puts what changes beside a VM where there is room, and below it where there is not', () => {
    const what = '+ common/name "web", + common/rename-disabled "true"';
    const wide = linesOf(toText(small, plain(200))).find((line) => line.includes(what));
    expect(wide).to.match(/^ {2}web-0a1b2c3d4e5f +web +on +0 +disabled +pending +\+ common/);
    const narrow = linesOf(toText(small, plain(80)));
    const row = narrow.findIndex((line) => line.startsWith('  web-0a1b2c3d4e5f'));
    expect(narrow[row]).to.match(/pending$/);
    expect(narrow[row + 1]?.trim()).to.equal(what);
  });

  it('aligns columns although names are wide', () => {
    const report = exampleReport([reportVm({displayName: '日本語'}), reportVm({displayName: 'plain'})]);
    const rows = linesOf(toText(report, plain(200))).filter((line) => line.includes('pending  +'));
    const starts = rows.map((row) => stringWidth(row.slice(0, row.indexOf('pending'))));
    expect(starts).to.have.length(2);
    expect(starts[0]).to.equal(starts[1]);
  });

  it('lists who was refused with the reason and the way on', () => {
    const text = toText(small, plain(120));
    expect(text).to.include('db-ffffffffffff (vm-14): refused\n    VCH_ERR_NAME_MISSING: db-');
    expect(text).to.include('set guestinfo.vice./common/name, then run');
  });

  it('shows findings of the VCH and of VMs', () => {
    const report = exampleReport(
      [reportVm({findings: [{code: 'names-differ', message: 'the hidden name is kept'}]})],
      {findings: [{code: 'stray', message: 'vm-99 lies outside'}]},
    );
    const text = toText(report, plain(120));
    expect(text).to.include('VCH: stray: vm-99 lies outside');
    expect(text).to.include('web-0a1b2c3d4e5f (vm-13, container web): names-differ: the hidden name is kept');
  });

  it('groups the same changes of many VMs', () => {
    const many = Array.from({length: 412}, (_, n) =>
      reportVm({id: `vm-${n}`, displayName: `web-${n}`, containerName: `web${n}`}),
    );
    const text = toText(exampleReport(many), plain(100));
    expect(text).to.include('412 VMs: + common/name, + common/rename-disabled');
    expect(text).to.include('web0, web1,');
    expect(text).to.include('and 388 more');
    expect(linesOf(text).length).to.be.lessThan(30);
  });

  it('says how a value changed, and when a key goes', () => {
    const vm = reportVm({
      changes: [
        {key: 'a', before: 'x', after: 'y'},
        {key: 'b', before: 'z', after: null},
      ],
    });
    expect(toText(exampleReport([vm]), plain(200))).to.include('~ a "x" -> "y", - b (was "z")');
  });

  it('lets no control character of a name reach the terminal', () => {
    const report = exampleReport([
      refusedVm({
        displayName: 'evil\u001b[2J\u202e\nname',
        containerName: 'c\u0007',
        error: {code: 'VCH_ERR_NAME_MISSING', message: 'bad\u001b]0;title\u0007\nmessage'},
      }),
    ]);
    const text = toText(report, plain(120));
    expect(text.replaceAll('\n', '')).to.not.match(/[\p{Cc}\u202e]/u);
    expect(text).to.include('evil name');
  });

  it('colours only when asked to, and the words stay the same', () => {
    const plainText = toText(small, plain(120));
    const coloured = toText(small, {columns: 120, colour: true});
    expect(plainText).to.not.include('\u001b');
    expect(coloured).to.include('\u001b[');
    expect(stripVTControlCharacters(coloured)).to.equal(plainText);
  });

  it('says that no upgrade is in progress as plainly as the opposite', () => {
    const status = exampleReport([], {command: 'status'});
    expect(toText(status, plain(120))).to.include('No upgrade in progress.');
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
    expect(toText(exampleReport([vm], {command: 'status'}), plain(200))).to.include(
      'applied 0002-a; pending 0004-b',
    );
  });
});
