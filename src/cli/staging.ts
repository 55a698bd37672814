import type {VmOutcome} from '../containers/outcome.js';
import type {MaxErrors, Select} from '../containers/run-options.js';
import {VM_STATUSES} from '../report/report.js';
import type {GivenOptions} from './option-table.js';
import type {Problems} from './problems.js';

/** Which VMs a run is for, and how it is held back, as the options say. */
export interface StagingSettings {
  /** `undefined`: all of them. */
  readonly select: Select | undefined;
  /** A report, of which only what is unresolved is taken up. */
  readonly fromReport: string | undefined;
  readonly canary: number | undefined;
  readonly maxErrors: MaxErrors | undefined;
  /** A time of day. */
  readonly deadline: {readonly hours: number; readonly minutes: number} | undefined;
}

/** The word of `--only` for what a report left undone. */
export const UNRESOLVED = 'unresolved';
const POWER: Readonly<Record<string, string>> = {on: 'poweredOn', off: 'poweredOff'};

type Test = (vm: VmOutcome) => boolean;
interface Criterion {
  readonly field: string;
  readonly test: Test;
}

/** Reads the options that narrow a run and hold it back. */
export function readStaging(given: GivenOptions, problems: Problems): StagingSettings {
  const only = given.texts('only').filter((text) => text !== UNRESOLVED);
  const unresolved = given.texts('only').includes(UNRESOLVED);
  const fromReport = given.text('from-report');
  if (unresolved !== (fromReport !== undefined))
    problems.add('--from-report FILE and --only unresolved go together');
  const wanted = criteria('only', only, problems);
  const unwanted = criteria('except', given.texts('except'), problems);
  const fields = new Map<string, Test[]>();
  for (const {field, test} of wanted) fields.set(field, [...(fields.get(field) ?? []), test]);
  const select: Select = (vm) =>
    [...fields.values()].every((tests) => tests.some((test) => test(vm))) &&
    !unwanted.some(({test}) => test(vm));
  return {
    select: wanted.length + unwanted.length === 0 ? undefined : select,
    fromReport,
    canary: canaryOf(given.text('canary'), problems),
    maxErrors: maxErrorsOf(given.text('max-errors'), problems),
    deadline: deadlineOf(given.text('deadline'), problems),
  };
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

function criteria(option: string, texts: readonly string[], problems: Problems): readonly Criterion[] {
  return texts.flatMap((text) => {
    const [, field = '', values = ''] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
    const tests = values.split(',').map((value) => testOf(field, value));
    const known = tests.filter((test) => test !== undefined);
    if (known.length === tests.length)
      return [{field, test: (vm: VmOutcome) => known.some((test) => test(vm))}];
    problems.add(
      `--${option} must be name=GLOB, id=ID, power=on|off|suspended, data=N or N-M, or status=STATUS, ` +
        'several values apart by commas',
    );
    return [];
  });
}

function testOf(field: string, value: string): Test | undefined {
  switch (field) {
    case 'name': {
      const matches = glob(value);
      return (vm) => matches(vm.displayName) || (vm.containerName !== null && matches(vm.containerName));
    }
    case 'id':
      return (vm) => vm.id === value || (value.length >= 6 && vm.containerId?.startsWith(value) === true);
    case 'power':
      return ['on', 'off', 'suspended', 'poweredOn', 'poweredOff'].includes(value)
        ? (vm) => vm.powerState === (POWER[value] ?? value)
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

/** A test by a name with `*` for any characters and `?` for one. */
function glob(pattern: string): (name: string) => boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${escaped}$`, 'su');
  return (name) => expression.test(name);
}

function canaryOf(text: string | undefined, problems: Problems): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  problems.add('--canary must be a whole number from 1');
  return undefined;
}

function maxErrorsOf(text: string | undefined, problems: Problems): MaxErrors | undefined {
  if (text === undefined) return undefined;
  const [, number, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  if (number === undefined || (percent === '%' && Number(number) > 100)) {
    problems.add('--max-errors must be a whole number, or a percentage such as 5%');
    return undefined;
  }
  return percent === '%'
    ? {kind: 'percent', percent: Number(number)}
    : {kind: 'count', count: Number(number)};
}

function deadlineOf(text: string | undefined, problems: Problems): StagingSettings['deadline'] {
  if (text === undefined) return undefined;
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours === undefined || minutes === undefined) {
    problems.add('--deadline must be a time of day, such as 04:30');
    return undefined;
  }
  return {hours: Number(hours), minutes: Number(minutes)};
}
