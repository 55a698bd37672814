import type {Report} from '../../src/report/report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

const steps: Report['steps'] = [
  {
    name: 'reading',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:05.400Z',
    status: 'done',
  },
  {
    name: 'writing',
    startedAt: '2026-01-02T03:04:05.400Z',
    finishedAt: '2026-01-02T03:04:06.000Z',
    status: 'interrupted',
  },
];

/** A small report with some of everything. */
export const mixed = exampleReport(
  [
    reportVm({findings: [{code: 'names-differ', message: 'the hidden name is kept'}]}),
    refusedVm(),
    reportVm({
      id: 'vm-15',
      displayName: 'cache-1111',
      containerName: 'cache',
      status: 'unchanged',
      applied: [],
      changes: [],
      dataVersion: 10,
      rename: 'supported',
      powerState: 'poweredOff',
    }),
    reportVm({
      id: 'vm-16',
      displayName: 'app-2222',
      containerName: 'app',
      status: 'failed',
      dataVersion: 5,
      rename: 'not-persisted-by-vic',
      error: {code: 'VCH_ERR_VIM_FAULT', message: 'vCenter refused it'},
    }),
  ],
  {command: 'apply', steps, changeId: 'CHG-1'},
);

/** A report of a large VCH, in which every tenth containerVM is refused. */
export function many(n: number) {
  const vms = Array.from({length: n}, (_, at) =>
    at % 10 === 0
      ? refusedVm({id: `vm-${at}`, displayName: `db-${at}-${'f'.repeat(64)}`})
      : reportVm({
          id: `vm-${at}`,
          displayName: `web-${at}-${'e'.repeat(64)}`,
          containerId: at.toString(16).padStart(64, 'e'),
          containerName: `web${at}`,
          changes: [
            {key: 'common/name', before: null, after: `web${at}`},
            {key: 'common/rename-disabled', before: null, after: 'true'},
          ],
        }),
  );
  return exampleReport(vms);
}
