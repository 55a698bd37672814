import type {ReportStep} from './report.js';

/** When a step began, and how long it took: `03:04:05 UTC, 1.2 s`. */
export function stepTime({startedAt, finishedAt}: ReportStep): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return `${startedAt.slice(11, 19)} UTC, ${durationText(seconds)}`;
}

/** A time span for people: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
