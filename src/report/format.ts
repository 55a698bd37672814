import type {FleetReport} from './fleet/report.js';
import type {Layout, LayoutOptions} from './layout.js';
import type {Report, ReportError, ReportTool} from './report.js';
import type {Remark} from './vm-words.js';

/** A command that failed as a whole, for programs. */
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

/** The result of `ls`, `history` and `plugins`: not a report, but a document of its own and its text for people. */
export interface Listing {
  readonly document: {readonly next: string};
  /** The next step for people, where the document must have no names. */
  readonly next?: string;
  /** Blocks of lines; empty ones are left out. The next step follows by itself. */
  text(layout: Layout): readonly (readonly string[])[];
  readonly page?: ListingPage;
}

/** A listing as a page: what it says first, and its rows. Without one a page shows the listing's text. */
export interface ListingPage extends Remark {
  /** What it is: `Runs`. */
  readonly kind: string;
  readonly columns: readonly {readonly heading: string; readonly cells: readonly string[]}[];
}

/** One form of a result: its name for `--format`, the ending of `--report` files, and how it is written. */
export interface Format {
  readonly name: string;
  readonly ending: string;
  /** On stdout it is written event by event during the run. */
  readonly stream?: true;
  report(report: Report, layout: LayoutOptions): string;
  /** A command that failed as a whole; `time` is RFC 3339. */
  failure(failure: Failure, time: string): string;
  /** Absent if a listing has no such form. */
  listing?(listing: Listing, layout: LayoutOptions): string;
  /** Absent if a run over a fleet has no such form. `pages` are those of its VCHs, which the form may have in it. */
  fleet?(report: FleetReport, layout: LayoutOptions, pages?: ReadonlyMap<string, string>): string;
}
