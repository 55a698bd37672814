import type {ReportTarget, ReportTool, ReportVch} from './report.js';

/** What `ls` tells: the VCHs of a target. */
export interface Listing {
  readonly schema: 'vch-migrate/ls/v1';
  readonly tool: ReportTool;
  readonly target: ReportTarget;
  readonly vchs: readonly ReportVch[];
  readonly next: string;
}
