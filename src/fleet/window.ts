import {DAYS, type Window} from './inventory.js';

const DAY = 24 * 60;
const MINUTE = 60_000;

/** `null` if a window is open now, else when it opens. */
export function opensAt(window: Window | null, now: Date): Date | null {
  if (window === null) return null;
  const open = opening(window);
  if (open(now)) return null;
  // Minute by minute, because daylight saving time moves the clock; a week has every case.
  const start = Math.ceil(now.getTime() / MINUTE) * MINUTE;
  for (let at = start; at <= start + 8 * DAY * MINUTE; at += MINUTE) {
    const time = new Date(at);
    if (open(time)) return time;
  }
  return new Date(start + 7 * DAY * MINUTE);
}

/** Whether a window is open. One that ends before it begins goes over midnight, and belongs to the day on which it begins. */
function opening(window: Window): (time: Date) => boolean {
  const clock = clockIn(window.zone);
  const from = minuteOf(window.from);
  const to = minuteOf(window.to);
  const isNamed = (day: number) => window.days.includes(DAYS[(day + 7) % 7] ?? 'mon');
  return (time) => {
    const {day, minute} = clock(time);
    if (from < to) return isNamed(day) && minute >= from && minute < to;
    return (isNamed(day) && minute >= from) || (isNamed(day - 1) && minute < to);
  };
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

/** Day of the week, from Monday, and minute of the day, as a clock in that zone shows them. */
function clockIn(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (time: Date) => {
    const parts = new Map(format.formatToParts(time).map(({type, value}) => [type, value]));
    const weekday = parts.get('weekday')?.toLowerCase();
    const day = DAYS.findIndex((name) => name.startsWith(weekday ?? '?'));
    return {day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute'))};
  };
}
