import type {LayoutOptions} from './layout.js';
import type {Report, ReportError, ReportTool} from './report.js';

/** What a command tells programs when it failed as a whole. */
export interface Failure {
  readonly schema: 'vch-migrate/error/v1';
  readonly error: ReportError;
  readonly command: string | null;
  readonly tool: Pick<ReportTool, 'name' | 'version'>;
}

/** The heading of a failure. */
export function failureTitle({command}: Failure): string {
  return `vch-migrate${command === null ? '' : ` ${command}`} failed`;
}

/** What `ls`, `history` and `plugins` tell: no report, but a document of its own and its text for people. */
export interface Listing {
  readonly document: object;
  text(layout: LayoutOptions): string;
}

/** One form of a result: its name for `--format`, the ending of `--report` files, and how it is written. */
export interface Format {
  readonly name: string;
  readonly ending: string;
  /** On stdout it is written event by event, while the run goes on. */
  readonly stream?: true;
  report(report: Report, layout: LayoutOptions): string;
  /** A command that failed as a whole; `time` is RFC 3339. */
  failure(failure: Failure, time: string): string;
  /** Absent where a listing has no such form. */
  listing?(listing: Listing, layout: LayoutOptions): string;
}
