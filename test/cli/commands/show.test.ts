import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {toJson} from '../../../src/report/formats/json.js';
import {FORMATS} from '../../../src/report/formats.js';
import {hostileReport} from '../../report/hostile-report.js';
import {exampleReport, refusedVm, reportVm} from '../../report/report-example.js';
import {runCommandLine, withTarget} from '../fake-cli.js';

describe('show', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  const full = exampleReport(
    [
      reportVm({history: ['0002-a'], pending: ['0004-b']}),
      refusedVm({error: {code: 'VCH_ERR_VIM_FAULT', message: 'no', fault: 'NotSupported'}}),
    ],
    {
      steps: [
        {
          name: 'reading',
          startedAt: '2026-01-02T03:04:05.000Z',
          finishedAt: '2026-01-02T03:04:05.500Z',
          status: 'done',
        },
      ],
      findings: [{code: 'stray', message: 'vm-99'}],
      planDigest: 'sha256:00',
    },
  );

  for (const [name, report] of [
    ['a report', full],
    ['a report full of hostile strings', hostileReport()],
  ] as const) {
    it(`shows ${name} in every form as the run itself did`, async () => {
      const path = join(folder, 'report.json');
      writeFileSync(path, toJson(report));
      for (const format of FORMATS) {
        const {code, stdout, calls} = await runCommandLine(['show', path, '--format', format.name]);
        expect([code, calls]).to.deep.equal([0, []]);
        const expected = format.report(JSON.parse(toJson(report)), {columns: 120, colour: false});
        if (format.name === 'json') expect(JSON.parse(stdout)).to.deep.equal(JSON.parse(expected));
        else expect(stdout).to.equal(expected);
      }
    });
  }

  it('shows a saved plan, with its digest', async () => {
    const path = join(folder, 'plan.json');
    await runCommandLine(['plan', '--out', path], withTarget);
    const page = join(folder, 'plan.html');
    const {code, stdout} = await runCommandLine(['show', path, '--report', page]);
    expect(code).to.equal(0);
    expect(stdout)
      .to.match(/^→ Ready to change 1 of 1 containerVM of vch1/)
      .and.to.match(/Digest +sha256:[0-9a-f]{64}/);
    expect(readFileSync(page, 'utf8')).to.include('sha256:');
  });

  it('refuses a plan that was changed', async () => {
    const path = join(folder, 'plan.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('vch1', 'vch2'));
    const {code, stderr} = await runCommandLine(['show', path]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^vch-migrate: VCH_ERR_PLAN_STALE: .*its digest does not match/);
  });

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['something else', {schema: 'vch-migrate/ls/v1'}, /is neither a saved plan nor a JSON report/],
    ['half a report', {...full, vms: [{}]}, /vms\[0\]\.id is not a string/],
    [
      'a report with an unknown status',
      {...full, vms: [{...reportVm(), status: 'done'}]},
      /vms\[0\]\.status/,
    ],
    ['a list', [], /the document is not an object/],
  ];
  for (const [what, document, message] of wrong) {
    it(`refuses ${what}`, async () => {
      const path = join(folder, 'wrong.json');
      writeFileSync(path, JSON.stringify(document));
      const {code, stderr} = await runCommandLine(['show', path]);
      expect(code).to.equal(5);
      expect(stderr).to.match(message);
    });
  }

  it('wants to be told what', async () => {
    const {code, stderr} = await runCommandLine(['show']);
    expect(code).to.equal(5);
    expect(stderr).to.include('show needs FILE');
  });
});
