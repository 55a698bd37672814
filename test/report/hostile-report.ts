import type {Report} from '../../src/report/report.js';
import {HOSTILE} from './hostile.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

/** A report in which every hostile string stands wherever vSphere may put one. */
export function hostileReport(report: Partial<Report> = {}): Report {
  const vms = HOSTILE.flatMap((text, at) => [
    reportVm({
      id: `vm-${100 + at}`,
      displayName: text,
      containerName: text,
      powerState: text,
      changes: [
        {key: 'common/name', before: null, after: text},
        {key: text, before: text, after: null},
      ],
      findings: [{code: 'odd', message: text}],
    }),
    refusedVm({
      id: `vm-${300 + at}${text}`,
      applied: [text],
      history: [text],
      displayName: text,
      containerName: text,
      error: {code: `VCH_ERR_${text}`, message: `${text}: no name \`vch-migrate plan\``},
    }),
  ]);
  const all = HOSTILE.join(' ');
  const example = exampleReport(vms);
  return {
    ...example,
    runId: all,
    changeId: all,
    target: {...example.target, product: all},
    vch: {...example.vch, id: all, name: all, ownName: `${all}!`, build: all, computeResource: all},
    findings: HOSTILE.map((message) => ({code: 'stray', message})),
    steps: [{name: all, startedAt: example.startedAt, finishedAt: example.finishedAt, status: 'interrupted'}],
    next: `vch-migrate apply --name '${all}'`,
    ...report,
  };
}
