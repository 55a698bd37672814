import type {ReportCommand} from './report.js';

/** How the heading of a report begins. */
export const TITLE: Readonly<Record<ReportCommand, string>> = {
  plan: 'Plan for',
  apply: 'Apply to',
  undo: 'Undo on',
  status: 'Status of',
  verify: 'Verification of',
  rename: 'Rename on',
  audit: 'Audit of',
  check: 'Check of',
  upgrade: 'Upgrade of',
  rollback: 'Rollback of',
  resume: 'Resumed upgrade of',
  unlock: 'Unlocking of',
};
