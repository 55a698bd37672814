import {durationText} from '../duration.js';
import type {ReportStep} from './report.js';

/** When a step began, and how long it took: `03:04:05 UTC, 1.2 s`. */
export function stepTime({startedAt, finishedAt}: ReportStep): string {
  return `${startedAt.slice(11, 19)} UTC, ${durationText(Date.parse(finishedAt) - Date.parse(startedAt))}`;
}
