import type {ReportError, ReportTool} from './report.js';

/** What a command tells programs when it failed as a whole. */
export interface Failure {
  readonly schema: 'vch-migrate/error/v1';
  readonly error: ReportError;
  readonly command: string | null;
  readonly tool: Pick<ReportTool, 'name' | 'version'>;
}
