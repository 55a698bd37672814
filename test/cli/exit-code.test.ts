import {expect} from 'chai';
import {exitCodeOf, exitCodeOfError} from '../../src/cli/exit-code.js';
import {type ErrorCode, VchError} from '../../src/errors.js';
import {type ReportCommand, type ReportStatus, summarize} from '../../src/report/report.js';

interface Case {
  readonly command: ReportCommand;
  readonly vms: readonly ReportStatus[];
  readonly code: number;
  readonly detailed?: boolean;
  readonly declined?: boolean;
  readonly stoppedBy?: 'SIGINT' | 'SIGTERM';
}

const CASES: readonly Case[] = [
  {command: 'plan', vms: ['pending', 'refused'], code: 0},
  {command: 'plan', vms: ['pending', 'refused'], detailed: true, code: 2},
  {command: 'plan', vms: ['unchanged', 'refused', 'unreachable'], detailed: true, code: 0},
  {command: 'apply', vms: [], code: 0},
  {command: 'apply', vms: ['changed', 'unchanged', 'skipped'], code: 0},
  {command: 'apply', vms: ['changed', 'refused'], code: 3},
  {command: 'apply', vms: ['refused'], code: 3},
  {command: 'apply', vms: ['changed', 'failed'], code: 3},
  {command: 'apply', vms: ['unchanged', 'conflict'], code: 3},
  {command: 'apply', vms: ['changed', 'unreachable'], code: 3},
  {command: 'apply', vms: ['changed', 'unknown'], code: 3},
  {command: 'apply', vms: ['failed', 'failed', 'skipped'], code: 1},
  {command: 'apply', vms: ['changed', 'not-attempted'], code: 1},
  {command: 'apply', vms: ['not-attempted'], declined: true, code: 1},
  {command: 'apply', vms: ['changed', 'not-attempted'], stoppedBy: 'SIGINT', code: 130},
  {command: 'apply', vms: ['changed', 'not-attempted'], stoppedBy: 'SIGTERM', code: 143},
  {command: 'undo', vms: ['changed', 'unchanged'], code: 0},
  {command: 'undo', vms: ['changed', 'conflict'], code: 3},
  {command: 'status', vms: ['pending', 'refused'], code: 0},
  {command: 'verify', vms: ['unchanged', 'skipped'], code: 0},
  {command: 'verify', vms: ['unchanged', 'refused', 'unreachable'], code: 3},
  {command: 'verify', vms: ['unchanged', 'refused', 'failed'], code: 1},
  {command: 'verify', vms: ['unchanged', 'pending'], code: 1},
  {command: 'rename', vms: ['changed'], code: 0},
  {command: 'rename', vms: ['changed', 'changed', 'skipped'], code: 0},
  {command: 'rename', vms: ['changed', 'refused'], code: 3},
  {command: 'rename', vms: ['unchanged', 'changed'], code: 0},
  {command: 'rename', vms: ['unchanged'], code: 0},
  {command: 'rename', vms: ['unchanged', 'failed'], code: 3},
  {command: 'rename', vms: ['unknown', 'not-attempted'], code: 1},
  {command: 'rename', vms: ['conflict'], code: 1},
  {command: 'rename', vms: ['unknown'], code: 1},
  {command: 'audit', vms: ['unchanged', 'skipped'], code: 0},
  {command: 'audit', vms: ['unchanged', 'unreachable'], code: 3},
  {command: 'audit', vms: ['unchanged', 'failed'], code: 1},
];

describe('exit code', () => {
  for (const {command, vms, code, detailed = false, declined = false, stoppedBy} of CASES) {
    const how = [
      ...(detailed ? ['--detailed-exitcode'] : []),
      ...(declined ? ['declined'] : []),
      ...(stoppedBy === undefined ? [] : [stoppedBy]),
    ];
    it(`is ${code} for ${[command, ...how].join(' ')} with ${vms.join(', ') || 'no VM'}`, () => {
      const summary = summarize(vms.map((status) => ({status, rename: 'disabled' as const})));
      const report = {command, summary, interrupted: stoppedBy !== undefined};
      expect(
        exitCodeOf({report, detailedExitcode: detailed, declined, stoppedBy: stoppedBy ?? null}),
      ).to.equal(code);
    });
  }

  const errors: readonly (readonly [ErrorCode, 'SIGINT' | 'SIGTERM' | null, number])[] = [
    ['VCH_ERR_USAGE', null, 5],
    ['VCH_ERR_PLUGIN_INVALID', null, 5],
    ['VCH_ERR_LOCKED', null, 4],
    ['VCH_ERR_AUTH', null, 1],
    ['VCH_ERR_TLS', null, 1],
    ['VCH_ERR_VCH_NOT_FOUND', null, 1],
    ['VCH_ERR_CONTAINER_NOT_FOUND', null, 1],
    ['VCH_ERR_NAME_INVALID', null, 1],
    ['VCH_ERR_RENAME_DISABLED', null, 1],
    ['VCH_ERR_INTERNAL', null, 1],
    ['VCH_ERR_INTERRUPTED', null, 130],
    ['VCH_ERR_INTERRUPTED', 'SIGTERM', 143],
    ['VCH_ERR_TRANSPORT', 'SIGINT', 130],
  ];
  for (const [code, stoppedBy, expected] of errors) {
    it(`is ${expected} for ${code}${stoppedBy === null ? '' : ` after ${stoppedBy}`}`, () => {
      expect(exitCodeOfError(new VchError(code, 'x'), stoppedBy)).to.equal(expected);
    });
  }
});
