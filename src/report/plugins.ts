import type {ReportTool} from './report.js';

/** One registered plugin. */
export interface ListedPlugin {
  readonly id: string;
  readonly version: number;
  readonly target: string;
  readonly name: string;
  readonly summary: string;
  readonly revision: number;
  /** Whether its result is written to VMs; if not, it is in memory only. */
  readonly persist: boolean;
  readonly keys: readonly string[];
  readonly reads: readonly string[];
  /** `null` for VIC's own, which come with the tool. */
  readonly file: string | null;
}

/** Which plugins there are. */
export interface PluginList {
  readonly schema: 'vch-migrate/plugins/v1';
  readonly tool: ReportTool;
  readonly plugins: readonly ListedPlugin[];
  readonly next: string;
}

/** A plugin that was made, with its test. */
export interface PluginMade {
  readonly schema: 'vch-migrate/plugins-new/v1';
  readonly tool: ReportTool;
  readonly plugin: {readonly id: string; readonly target: string};
  readonly files: readonly string[];
  readonly next: string;
}

/** The checks of one file; `id` is `null` where it is no plugin, and for the files side by side. */
export interface CheckedPlugin {
  readonly file: string;
  readonly id: string | null;
  readonly checks: readonly {
    readonly name: string;
    readonly status: 'passed' | 'failed' | 'not-run';
    readonly message: string | null;
  }[];
}

/** What the checks of plugins came to. */
export interface PluginCheckReport {
  readonly schema: 'vch-migrate/plugins-check/v1';
  readonly tool: ReportTool;
  readonly summary: {readonly passed: number; readonly failed: number; readonly 'not-run': number};
  readonly plugins: readonly CheckedPlugin[];
  readonly next: string;
}
