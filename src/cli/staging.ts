import type {VmOutcome} from '../containers/outcome.js';
import type {MaxErrors, Narrowing, Select, Staging} from '../containers/run-options.js';
import {VM_STATUSES} from '../report/report.js';
import {unescapeName} from '../vim25/managed-object.js';
import {glob} from './glob.js';
import {type Option, type Problems, parsed, text, texts, type Values, wholeNumber} from './option.js';

/** The word of `--only` for what a report left undone. */
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

const FROM_REPORT = 'With --only unresolved: what the JSON report FILE of a run left undone';

/** Which VMs a run is for. */
export const selectOptions = {
  only: criteria(
    texts('Run:', 'Only VMs with name=GLOB, id=ID, power=on|off, data=N-M or status=STATUS (repeatable)', {
      repeat: true,
    }),
  ),
  except: criteria(texts('Run:', 'All but VMs with such a property (repeatable)', {repeat: true})),
  'from-report': {
    ...text('Run:', FROM_REPORT, {repeat: true}),
    read(given, name, problems) {
      const file = given.text(name);
      if (given.texts('only').includes(UNRESOLVED) !== (file !== undefined))
        problems.add('--from-report FILE and --only unresolved go together');
      return file;
    },
  } satisfies Option<string | undefined>,
};

/** How a run that writes is held back. */
export const stagingOptions = {
  canary: wholeNumber(text('Run:', 'Write and verify N VMs first, then go on', {repeat: true}), 1, 999_999),
  'max-errors': parsed(
    text('Run:', 'Start nothing more when over N or P% of the VMs went wrong, or the first five alike', {
      repeat: true,
    }),
    'a whole number, or a percentage such as 5%',
    maxErrorsOf,
  ),
  deadline: parsed(
    text('Run:', 'Start nothing after this time of day, HH:MM', {repeat: true}),
    'a time of day, such as 04:30',
    timeOfDay,
  ),
};

/** The VMs that the options select; reads the report that they name. */
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

/** How the options hold a run back. */
export function stagingOf(
  {canary, 'max-errors': maxErrors, deadline}: Values<typeof stagingOptions>,
  now: () => Date,
): Staging {
  return {canary, maxErrors, deadline: deadline && nextTime(deadline, now()), now};
}

/** The next moment at which it is that time of day, where the tool runs. */
export function nextTime({hours, minutes}: {hours: number; minutes: number}, now: Date): Date {
  const time = new Date(now);
  time.setHours(hours, minutes, 0, 0);
  if (time <= now) time.setDate(time.getDate() + 1);
  return time;
}

/**
 * Selects what a report left unresolved; a VM is known by its id and its container's. Of one that could not be read
 * when the report was made, or cannot be now, only the first is known.
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
      // As people write a name, or as vSphere sends it.
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

function timeOfDay(value: string): {readonly hours: number; readonly minutes: number} | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(value) ?? [];
  return hours === undefined || minutes === undefined
    ? undefined
    : {hours: Number(hours), minutes: Number(minutes)};
}
