import type {ReportStatus} from './report.js';

/** Where a VM should not have ended, worst first. */
export const NEED_ATTENTION: readonly ReportStatus[] = [
  'failed',
  'unknown',
  'conflict',
  'refused',
  'unreachable',
];
