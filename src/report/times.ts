const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time span for a page: `under 1 s`, `57 s`, `3 min 12 s`, `2 h 18 min`. */
export function spanText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 1000) return 'under 1 s';
  if (seconds < 60) return `${seconds} s`;
  const [large, small] = seconds < 3600 ? ['min', 's'] : ['h', 'min'];
  const units = seconds < 3600 ? seconds : Math.floor(seconds / 60);
  const rest = units % 60;
  return `${Math.floor(units / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** Milliseconds between two times of a report. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** `02:13:08`; a report's times may be of any zone. */
export function secondsText(time: string): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** `02:13`. */
export function minutesText(time: string): string {
  return secondsText(time).slice(0, 5);
}

/** `14 Nov 2026`. */
export function dayText(time: string): string {
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** In shorter periods the seconds count. */
const LONG = 600_000;

/** `02:06 to 02:16 UTC`, `02:13:08 to 02:16:20 UTC`. */
export function periodText(from: string, to: string): string {
  const text = between(from, to) < LONG ? secondsText : minutesText;
  const [begun, ended] = [text(from), text(to)];
  return begun === ended ? `${begun} UTC` : `${begun} to ${ended} UTC`;
}
