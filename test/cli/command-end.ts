import {expect} from 'chai';
import type {Command} from '../../src/cli/command.js';
import {commands} from '../../src/cli/commands.js';
import {commonExit} from '../../src/cli/exit.js';
import {nextText} from '../../src/cli/next.js';
import {
  REPORT_COMMANDS,
  type ReportLock,
  type ReportStatus,
  type ReportUpgrade,
  summarize,
} from '../../src/report/report.js';
import {exampleReport, reportVm} from '../report/report-example.js';
import {withTarget} from './fake-cli.js';
import {given} from './given-options.js';

/** How a run of a command ended, and what it is to exit with and to lead to. */
export interface End {
  readonly vms?: readonly ReportStatus[];
  readonly args?: readonly string[];
  readonly options?: Parameters<typeof given>[0];
  readonly lock?: ReportLock;
  readonly upgrade?: Partial<ReportUpgrade>;
  readonly checks?: readonly ('ok' | 'warning' | 'failed')[];
  readonly findings?: readonly string[];
  readonly declined?: true;
  readonly stoppedBy?: 'SIGHUP' | 'SIGINT' | 'SIGTERM';
  readonly exit?: number;
  readonly next?: RegExp;
}

const UPGRADE: ReportUpgrade = {
  result: 'upgraded',
  error: null,
  run: 'run-1',
  phase: 'done',
  lockId: 'lock-1',
  snapshot: 'snapshot-1',
  card: [],
};

/** One test for each end of a command. */
export function describeEnds(command: Command, ends: readonly End[]): void {
  describe(`${command.name}, when it has ended`, () => {
    for (const end of ends) {
      const {exit, next, ...how} = end;
      it(`is exit ${exit ?? 'any'} and leads to ${next?.source ?? 'anything'} with ${JSON.stringify(how)}`, () => {
        const ended = endOf(command, end);
        if (exit !== undefined) expect(ended.exit).to.equal(exit);
        if (next !== undefined) expect(ended.next).to.match(next);
      });
    }
  });
}

/** What a command makes of such an end. */
export function endOf(
  command: Command,
  {vms = [], args = [], options = {}, stoppedBy, ...end}: End & {readonly vchName?: string},
): {readonly exit: number; readonly next: string} {
  const {variables = {}} = withTarget;
  const prepared = command.prepare({
    version: '9.9.9',
    given: given(options),
    args,
    commands,
    terminal: {variables, interactive: true, columns: 120},
  });
  const name = REPORT_COMMANDS.find((word) => word === command.name);
  if (prepared.kind !== 'report' || name === undefined) throw new Error(`${command.name} makes no report`);
  const {vch, ...report} = exampleReport(
    vms.map((status, n) => ({...reportVm(), id: `vm-${n}`, status})),
    {
      command: name,
      interrupted: stoppedBy !== undefined,
      summary: summarize(vms.map((status) => ({status, rename: 'disabled' as const}))),
      findings: (end.findings ?? []).map((code) => ({code, message: code})),
    },
  );
  const ended = {
    declined: end.declined ?? false,
    report: {
      ...report,
      vch: {...vch, lock: end.lock ?? {held: false}, name: end.vchName ?? vch.name},
      ...(end.upgrade === undefined ? {} : {upgrade: {...UPGRADE, ...end.upgrade}}),
      ...(end.checks === undefined
        ? {}
        : {checks: end.checks.map((status) => ({id: 'x', title: 'x', message: 'x', status}))}),
    },
  };
  return {
    exit: commonExit(ended.report, ended.declined, stoppedBy ?? null) ?? prepared.exitCode(ended),
    next: nextText(prepared.next(ended)),
  };
}
