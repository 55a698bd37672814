import {expect} from 'chai';
import {toCsv} from '../../src/report/formats/csv.js';
import {toHtml} from '../../src/report/formats/html.js';
import {toJson} from '../../src/report/formats/json.js';
import {toJunit} from '../../src/report/formats/junit.js';
import {toMarkdown} from '../../src/report/formats/markdown.js';
import {toText} from '../../src/report/formats/text.js';
import type {ReportCheck} from '../../src/report/report.js';
import {reportShape} from '../../src/report/report.js';
import {expectValid} from '../schemas.js';
import {exampleReport, reportVm} from './report-example.js';

const CHECKS: readonly ReportCheck[] = [
  {id: 'hosts', title: 'hosts', status: 'ok', message: 'esx1 (8.0.2)'},
  {id: 'snapshots', title: 'snapshots', status: 'warning', message: '1 of "<b>x</b>|\u001b[31m"'},
  {id: 'lock', title: 'lock and flag', status: 'failed', message: 'an upgrade holds vch1 (vm-12)'},
];
const report = exampleReport([reportVm()], {command: 'check', checks: CHECKS});
const without = exampleReport([reportVm()], {command: 'check', checks: []});

describe('checks in a report', () => {
  it('are a table for people, with a mark for each', () => {
    const text = toText(report, {columns: 100, colour: false});
    expect(text).to.match(/^ {2}hosts +✓ ok +esx1 \(8\.0\.2\)$/m);
    expect(text).to.match(/^ {2}snapshots +! warning +1 of /m);
    expect(text).to.match(/^ {2}lock and flag +✕ failed +an upgrade holds vch1/m);
    expect(text).not.to.contain('\u001b');
    expect(toText(report, {columns: 100, colour: true})).to.contain('\u001b[31m✕ failed');
    expect(toText(without, {columns: 100, colour: false})).not.to.contain('Checks');
  });

  it('are a table in Markdown, with nothing marked up', () => {
    const markdown = toMarkdown(report);
    expect(markdown).to.contain('## Checks\n\n| Check | Status | Seen |\n|---|---|---|\n| hosts | ✓ ok |');
    const row = markdown.split('\n').find((line) => line.startsWith('| snapshots'));
    expect(row?.match(/\|/g)).to.have.lengthOf(4);
    expect(row).not.to.contain('<b>');
    expect(toMarkdown(without)).not.to.contain('## Checks');
  });

  it('are a table in HTML, with nothing marked up', () => {
    const html = toHtml(report);
    expect(html).to.contain('<h2 id="h-checks">What was checked</h2>').and.to.contain('Failed</span>');
    expect(html).to.contain('&lt;b&gt;x').and.not.to.contain('<b>x');
    expect(toHtml(without)).not.to.contain('h-checks');
  });

  it('are rows of their own in CSV', () => {
    const rows = toCsv(report).trimEnd().split('\r\n');
    expect(rows.filter((row) => row.includes('"check"'))).to.have.lengthOf(3);
    const columns = rows.map((row) => row.split('","').length);
    expect(new Set(columns)).to.have.lengthOf(1);
    expect(rows.at(-1)).to.match(
      /^"lock","check","lock and flag",.*"failed",.*"an upgrade holds vch1 \(vm-12\)"$/,
    );
  });

  it('are test cases for a build server, of which those that failed fail', () => {
    const junit = toJunit(report);
    expect(junit).to.contain('tests="4" failures="1"');
    expect(junit).to.contain(
      '<testcase name="lock and flag" classname="vch-migrate.check.checks" time="0"><failure type="lock" message="an upgrade holds',
    );
    expect(junit).to.match(/<system-err>snapshots: 1 of/);
  });

  it('are read back as they were written, and fit the schema', () => {
    const json: unknown = JSON.parse(toJson(report));
    expect(reportShape(json, '').checks).to.deep.equal(CHECKS);
    expectValid('report', json);
  });
});
