import {expect} from 'chai';
import {exitCodeOf} from '../../src/cli/exit-code.js';
import {nextStep} from '../../src/cli/next-step.js';
import {
  type ReportCommand,
  type ReportStatus,
  type ReportUpgrade,
  summarize,
} from '../../src/report/report.js';
import {exampleReport, reportVm} from '../report/report-example.js';
import {given} from './given-options.js';

const UPGRADE: ReportUpgrade = {
  result: 'upgraded',
  error: null,
  run: 'run-1',
  phase: 'done',
  lockId: 'lock-1',
  snapshot: 'snapshot-1',
  card: [],
};

interface Case {
  readonly command: ReportCommand;
  readonly upgrade: Partial<ReportUpgrade>;
  readonly vms?: readonly ReportStatus[];
  readonly findings?: readonly string[];
  readonly exit: number;
  readonly next: RegExp;
}

const CHANGED: readonly ReportStatus[] = ['changed'];

const CASES: readonly Case[] = [
  {command: 'upgrade', upgrade: {}, exit: 0, next: /^vch-migrate verify --name vch1$/},
  {
    command: 'upgrade',
    upgrade: {},
    vms: ['changed', 'refused', 'unreachable'],
    exit: 3,
    next: /take up only those: vch-migrate apply --only id=vm-1 --only id=vm-2 --name vch1$/,
  },
  {
    command: 'upgrade',
    upgrade: {},
    findings: ['previous-snapshot-left'],
    exit: 3,
    next: /^vch-migrate verify/,
  },
  {command: 'upgrade', upgrade: {result: 'planned'}, exit: 0, next: /^vch-migrate upgrade/},
  {
    command: 'upgrade',
    upgrade: {result: 'not-started'},
    exit: 1,
    next: /^nothing was written; to go on: vch-migrate upgrade/,
  },
  {
    command: 'upgrade',
    upgrade: {result: 'as-before'},
    exit: 1,
    next: /^see to the reason, then vch-migrate upgrade/,
  },
  {
    command: 'upgrade',
    upgrade: {result: 'resumable', phase: 'snapshot'},
    exit: 1,
    next: /^go on: vch-migrate resume .*; or take it back: vch-migrate rollback/,
  },
  {
    command: 'rollback',
    upgrade: {result: 'resumable', phase: 'rollback-containers'},
    exit: 1,
    next: /^go on: vch-migrate rollback --name vch1$/,
  },
  {command: 'upgrade', upgrade: {result: 'needs-person'}, exit: 6, next: /vch-migrate rollback/},
  {command: 'rollback', upgrade: {result: 'rolled-back'}, exit: 0, next: /^vch-migrate status/},
  {
    command: 'rollback',
    upgrade: {result: 'rolled-back'},
    vms: ['changed', 'conflict'],
    exit: 3,
    next: /vch-migrate undo --run run-1 --name vch1$/,
  },
  {command: 'resume', upgrade: {}, exit: 0, next: /^vch-migrate verify/},
  {command: 'unlock', upgrade: {result: 'unlocked'}, exit: 0, next: /^vch-migrate status/},
];

describe('after a command over the VCH as a whole', () => {
  for (const {command, upgrade, vms = CHANGED, findings = [], exit, next} of CASES) {
    const ended = {...UPGRADE, ...upgrade};
    it(`${command} that ended ${ended.result}, VMs ${vms.join(', ')}, is exit ${exit} and leads to ${next.source}`, () => {
      const report = {
        ...exampleReport(vms.map((status, n) => ({...reportVm(), id: `vm-${n}`, status}))),
        command,
        upgrade: ended,
        summary: summarize(vms.map((status) => ({status, rename: 'disabled' as const}))),
        findings: findings.map((code) => ({code, message: code})),
      };
      expect(exitCodeOf({report, detailedExitcode: false, declined: false, stoppedBy: null})).to.equal(exit);
      const target = {
        kind: 'vsphere',
        url: new URL('https://vc.example/sdk'),
        datacenter: undefined,
        user: undefined,
        password: undefined,
      } as const;
      expect(nextStep({report, given: given({name: 'vch1'}), args: [], target, declined: false})).to.match(
        next,
      );
    });
  }
});
