import {expect} from 'chai';
import fc from 'fast-check';
import {csvLines, toCsv} from '../../src/report/formats/csv.js';
import {hostileReport} from './hostile-report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

/** The cells of a CSV text, as RFC 4180 has it. */
function parse(csv: string): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  const cell = /"((?:[^"]|"")*)"(,|\r\n)/y;
  while (cell.lastIndex < csv.length) {
    const at = cell.lastIndex;
    const match = cell.exec(csv);
    if (match === null) throw new Error(`no cell at ${at}: ${csv.slice(at, at + 40)}`);
    cells.push((match[1] ?? '').replaceAll('""', '"'));
    if (match[2] === ',') continue;
    rows.push(cells);
    cells = [];
  }
  return rows;
}

describe('csv report', () => {
  it('has a row for each change, and one for each VM without any', () => {
    const rows = parse(toCsv(exampleReport([reportVm(), refusedVm()])));
    expect(rows.map((row) => row.length)).to.deep.equal([16, 16, 16, 16]);
    expect(rows[1]?.slice(0, 3)).to.deep.equal(['vm-13', 'container', 'web-0a1b2c3d4e5f']);
    expect(rows[1]?.slice(8, 13)).to.deep.equal([
      'pending',
      '0002-container-common-name 0004-container-rename-disabled',
      'common/name',
      '',
      'web',
    ]);
    expect(rows[3]?.slice(8, 14)).to.deep.equal(['refused', '', '', '', '', 'VCH_ERR_NAME_MISSING']);
  });

  it('has no cell that a spreadsheet would compute, whatever the names are', () => {
    const cells = parse(toCsv(hostileReport())).flat();
    expect(cells.filter((text) => /^[=+\-@\t\r]/.test(text))).to.deep.equal([]);
    expect(cells).to.include(`'=HYPERLINK("http://evil.example","x")`);
  });

  it('can be read back, whatever the cells hold', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string(), {minLength: 1}), {minLength: 1}), (rows) => {
        const read = parse(csvLines(rows));
        expect(read.map((cells) => cells.length)).to.deep.equal(rows.map((cells) => cells.length));
        for (const text of read.flat()) expect(text).to.not.match(/^\s*[=+\-@]/);
      }),
    );
  });
});
