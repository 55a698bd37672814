import type {VmOutcome} from '../containers/outcome.js';
import type {MaxErrors, Narrowing, Select, Staging} from '../containers/run-options.js';
import {durationText} from '../duration.js';
import {VchError} from '../errors.js';
import {glob} from '../glob.js';
import {VM_STATUSES} from '../report/report.js';
import {unescapeName} from '../vim25/managed-object.js';
import {type Option, type Problems, parsed, text, texts, type Values, wholeNumber} from './option.js';

/** The word of `--only` for the VMs that a report left undone. */
export const UNRESOLVED = 'unresolved';
const POWER = new Map([
  ['on', 'poweredOn'],
  ['off', 'poweredOff'],
]);

type Test = (vm: VmOutcome) => boolean;
interface Criterion {
  readonly field: string;
  readonly test: Test;
}

const FROM_REPORT = 'With --only unresolved: what the run of this JSON report left undone';

/** What `--only` and `--except` begin with. */
const PROPERTIES: readonly string[] = [
  'name=',
  'id=',
  ...[...POWER.keys()].map((state) => `power=${state}`),
  'data=',
  ...VM_STATUSES.map((status) => `status=${status}`),
];

/** Which VMs a run is for. */
export const selectOptions = {
  only: criteria(
    texts('Run:', 'Only VMs with name=GLOB, id=ID, power=on|off, data=N-M or status=STATUS (repeatable)', {
      repeat: true,
      value: 'PROPERTY',
      values: PROPERTIES,
    }),
  ),
  except: criteria(
    texts('Run:', 'All but VMs with such a property (repeatable)', {
      repeat: true,
      value: 'PROPERTY',
      values: PROPERTIES,
    }),
  ),
  'from-report': {
    ...text('Run:', FROM_REPORT, {repeat: true, value: 'FILE', documents: ['report']}),
    read(given, name, problems) {
      const file = given.text(name);
      if (given.texts('only').includes(UNRESOLVED) !== (file !== undefined))
        problems.add('--from-report FILE and --only unresolved go together');
      return file;
    },
  } satisfies Option<string | undefined>,
};

/** How a run that writes proceeds, and when it stops. */
export const stagingOptions = {
  canary: wholeNumber(
    text('Run:', 'Write and verify N VMs first, then go on', {repeat: true, value: 'N'}),
    1,
    999_999,
  ),
  'max-errors': parsed(
    text('Run:', 'Start nothing more when over N or P% of the VMs went wrong, or the first five alike', {
      repeat: true,
      value: 'N|P%',
    }),
    'a whole number, or a percentage such as 5%',
    maxErrorsOf,
  ),
  deadline: parsed(
    text('Run:', 'Start nothing after this time, HH:MM or YYYY-MM-DDTHH:MM, of this machine', {
      repeat: true,
      value: 'TIME',
    }),
    'a time of day, such as 04:30, or a date and time, such as 2026-01-31T04:30',
    timeOf,
  ),
};

/** The VMs that the options select, also by the report that they name. */
export async function narrowing({
  only,
  except,
  'from-report': file,
}: Values<typeof selectOptions>): Promise<Narrowing> {
  const fields = new Map<string, Test[]>();
  for (const {field, test} of only) fields.set(field, [...(fields.get(field) ?? []), test]);
  const selected: Select = (vm) =>
    [...fields.values()].every((tests) => tests.some((test) => test(vm))) &&
    !except.some(({test}) => test(vm));
  const select = only.length + except.length === 0 ? undefined : selected;
  if (file === undefined) return {select};
  const {readShown} = await import('./plan-file.js');
  const {vch, vms} = readShown(file);
  const left = unresolvedOf(vms);
  return {select: (vm) => left(vm) && (select === undefined || select(vm)), reported: vch};
}

/** The stages of a run by its options. */
export function stagingOf(
  {canary, 'max-errors': maxErrors, deadline}: Values<typeof stagingOptions>,
  now: () => Date,
): Staging {
  return {canary, maxErrors, deadline: deadline && deadlineFrom(deadline, now()), now};
}

/** A time of day on this machine: on a certain day, or the next one in the future. */
interface Time {
  readonly hours: number;
  readonly minutes: number;
  /** `2026-01-31`. */
  readonly day: string | undefined;
}

/** A time of day that passed more recently means today: a command that is run too late must not continue until tomorrow. */
const JUST_PASSED = 6 * 3_600_000;

/** The moment of a deadline; VCH_ERR_USAGE if it has passed. */
export function deadlineFrom({hours, minutes, day}: Time, now: Date): Date {
  const time = day === undefined ? new Date(now) : new Date(`${day}T00:00`);
  time.setHours(hours, minutes, 0, 0);
  if (time > now) return time;
  const passed = now.getTime() - time.getTime();
  const next = new Date(time);
  next.setDate(next.getDate() + 1);
  if (day === undefined && passed >= JUST_PASSED) return next;
  while (next <= now) next.setDate(next.getDate() + 1);
  const [date = '', clock = ''] = localTime(next).split(' ');
  throw new VchError(
    'VCH_ERR_USAGE',
    `--deadline passed ${durationText(passed)} ago, at ${localTime(time)}; nothing was read or written. ` +
      `For ${day === undefined ? 'the next day' : 'another day'} name it, such as --deadline ${date}T${clock}`,
  );
}

/** A moment in the time zone of this machine: `2026-01-31 04:30 GMT+01:00 (Europe/Berlin)`. */
export function localTime(time: Date): string {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const offset = new Intl.DateTimeFormat('en', {timeZoneName: 'longOffset'})
    .formatToParts(time)
    .find(({type}) => type === 'timeZoneName');
  return `${shown.format(time)} ${offset?.value} (${shown.resolvedOptions().timeZone})`;
}

/**
 * Selects the VMs that a report left unresolved, by their id and their container's. Of a VM that could not be read for
 * the report, or cannot be read now, only the first is known.
 */
export function unresolvedOf(vms: readonly Pick<VmOutcome, 'id' | 'containerId' | 'status'>[]): Select {
  const resolved: readonly string[] = ['changed', 'unchanged', 'skipped'];
  const left = new Map(
    vms.filter(({status}) => !resolved.includes(status)).map((vm) => [vm.id, vm.containerId]),
  );
  return ({id, containerId}) => {
    const known = left.get(id);
    return known !== undefined && (known === null || containerId === null || known === containerId);
  };
}

function criteria(option: Option<readonly string[]>): Option<readonly Criterion[]> {
  return {
    ...option,
    read: (given, name, problems) =>
      given
        .texts(name)
        .filter((value) => name !== 'only' || value !== UNRESOLVED)
        .flatMap((value) => criterion(name, value, problems)),
  };
}

function criterion(option: string, value: string, problems: Problems): readonly Criterion[] {
  const [, field = '', values = ''] = /^([a-z]+)=(.+)$/s.exec(value) ?? [];
  const tests = values.split(',').map((one) => testOf(field, one));
  const known = tests.filter((test) => test !== undefined);
  if (known.length === tests.length)
    return [{field, test: (vm: VmOutcome) => known.some((test) => test(vm))}];
  problems.add(
    `--${option} must be name=GLOB, id=ID, power=on|off|suspended, data=N or N-M, or status=STATUS, ` +
      'several values apart by commas',
  );
  return [];
}

function testOf(field: string, value: string): Test | undefined {
  switch (field) {
    case 'name': {
      // As people write the name, or as vSphere sends it.
      const globs = [value, unescapeName(value)].map(glob);
      const matches = (name: string) => globs.some((fits) => fits(name));
      return (vm) => matches(vm.displayName) || (vm.containerName !== null && matches(vm.containerName));
    }
    case 'id':
      return (vm) => vm.id === value || (value.length >= 6 && vm.containerId?.startsWith(value) === true);
    case 'power':
      return ['on', 'off', 'suspended', 'poweredOn', 'poweredOff'].includes(value)
        ? (vm) => vm.powerState === (POWER.get(value) ?? value)
        : undefined;
    case 'data': {
      const [, least, most = least] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(value) ?? [];
      if (least === undefined) return undefined;
      return ({dataVersion}) =>
        dataVersion !== null && dataVersion >= Number(least) && dataVersion <= Number(most);
    }
    case 'status':
      return VM_STATUSES.some((status) => status === value) ? (vm) => vm.status === value : undefined;
    default:
      return undefined;
  }
}

function maxErrorsOf(value: string): MaxErrors | undefined {
  const [, number, percent] = /^(\d{1,6})(%?)$/.exec(value) ?? [];
  if (number === undefined || (percent === '%' && Number(number) > 100)) return undefined;
  return percent === '%'
    ? {kind: 'percent', percent: Number(number)}
    : {kind: 'count', count: Number(number)};
}

function timeOf(value: string): Time | undefined {
  const [, day, hours, minutes] = /^(?:(\d{4}-\d\d-\d\d)[T ])?([01]?\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  if (hours === undefined || minutes === undefined) return undefined;
  if (day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day) !== true) return undefined;
  return {hours: Number(hours), minutes: Number(minutes), day};
}
