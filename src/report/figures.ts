import {counted} from '../counted.js';
import {exceptions, setAside} from './attention.js';
import {printable} from './printable.js';
import type {Report} from './report.js';
import {capital} from './sentence.js';
import {between, minutesText, periodText, spanText} from './times.js';
import {EXCEPTIONS, type Remark, statusWord, type Tone, WORST_FIRST} from './vm-words.js';

/** A number, what it is, and what it means. */
export interface Figure {
  readonly label: string;
  /** What it was before, if that is another. */
  readonly from?: string;
  readonly value: string;
  readonly tone?: Tone;
  readonly notes: readonly string[];
  /** What it is made up of, in the order of a bar. */
  readonly parts?: readonly Part[];
}

/** VMs in one state. */
export interface Part extends Remark {
  readonly count: number;
}

/** A step for a person; each line of its command is one to paste. */
export interface Action {
  readonly text: string;
  readonly command: string | null;
}

export type Upgrade = NonNullable<Report['upgrade']>;

/** What a command says of its run. */
export interface Told {
  readonly tone: Tone;
  readonly urgent?: boolean;
  readonly sentence: string;
  /** Sentences; empty ones are left out. */
  readonly reason: readonly string[];
  readonly pills: readonly Remark[];
  readonly numbers: readonly Figure[];
}

/** Version, build and data version; for an upgrade before and after. */
export function versionFigure({vch}: Pick<Report, 'vch'>, upgrade?: Upgrade): Figure {
  const now = {version: vch.version, build: vch.build, dataVersion: vch.dataVersion};
  const label = 'Version';
  const facts = (of: Release) => [
    ...(of.build === null ? [] : [`build ${of.build}`]),
    ...(of.dataVersion === null ? [] : [`data version ${of.dataVersion}`]),
  ];
  const {before, target, result} = upgrade ?? {};
  if (result === 'needs-person' && before !== undefined) {
    const was = [
      `Was ${releaseName(before)}`,
      ...(target === undefined ? [] : [`Was to be ${goalName(target, before)}`]),
    ];
    return {label, value: 'Not known', notes: was};
  }
  if ((result === 'upgraded' || result === 'planned') && before !== undefined && target !== undefined) {
    const pairs = [
      ['Build', before.build, target.build],
      ['Data version', before.dataVersion, target.dataVersion],
    ] as const;
    const notes = pairs.flatMap(([what, was, is]) =>
      is === null ? [] : [was === null || was === is ? `${what} ${is}` : `${what} ${was} → ${is}`],
    );
    const value = target.version ?? now.version ?? 'Unknown';
    const from = before.version;
    return {label, ...(from === null || from === value ? {} : {from}), value, notes};
  }
  const missed =
    result === 'as-before' && target !== undefined ? [`Not reached: ${goalName(target, before)}`] : [];
  const known = facts(now).join(', ');
  const prefix = result === 'as-before' || result === 'rolled-back' ? 'As before: ' : '';
  const own = known === '' ? [] : [capital(`${prefix}${known}`)];
  return {
    label,
    value: now.version ?? (now.build === null ? 'Unknown' : `Build ${now.build}`),
    notes: [...own, ...missed],
  };
}

interface Release {
  readonly version: string | null;
  readonly build: string | null;
  readonly dataVersion: number | null;
}

function releaseName({version, build, dataVersion}: Release): string {
  const names = [version, build === null ? null : `build ${build}`].filter((name) => name !== null);
  return names.length > 0 ? names.join(', ') : `data version ${dataVersion ?? 'unknown'}`;
}

/** An upgrade of the data alone leads to no other release. */
function goalName(target: Release, before: Release | undefined): string {
  const sameRelease = before !== undefined && releaseName(before) === releaseName(target);
  return sameRelease ? `data version ${target.dataVersion ?? 'unknown'}` : releaseName(target);
}

/** What an upgrade has led to, in a sentence. */
export function reachedText({vch}: Pick<Report, 'vch'>, {before, target}: Upgrade): string {
  const {version, dataVersion} = target ?? vch;
  const sameVersion = version === null || (before !== undefined && before.version === version);
  return sameVersion ? `data version ${dataVersion ?? 'unknown'}` : printable(version);
}

/** The version of a VCH, in a sentence. */
export function releaseText({vch}: Pick<Report, 'vch'>): string {
  return printable(vch.version ?? (vch.build === null ? 'its old version' : `build ${vch.build}`));
}

/** For how long the VCH was down; nothing if the report does not tell. */
export function outageFigure(
  report: Pick<Report, 'vch' | 'finishedAt'>,
  upgrade: Upgrade,
): readonly Figure[] {
  const {outage, result} = upgrade;
  if (outage === undefined) {
    const untouched = result === 'not-started' || result === 'unchanged';
    return untouched ? [{label: 'VCH was down', value: 'Not at all', notes: []}] : [];
  }
  const {from, to} = outage;
  const notes = ['Docker API only; no containerVM was stopped'];
  if (to !== undefined)
    return [
      {
        label: 'VCH was down',
        value: spanText(between(from, to)),
        tone: 'down',
        notes: [periodText(from, to), ...notes],
      },
    ];
  const isOff = isDown(report, upgrade);
  const last = `${isOff ? 'still off' : 'not seen ready'} at ${minutesText(report.finishedAt)} UTC`;
  const since = `Since ${minutesText(from)}; ${last}`;
  const label = isOff ? 'VCH is down' : 'VCH not seen ready again';
  return [
    {
      label,
      value: `${spanText(between(from, report.finishedAt))} so far`,
      tone: 'down',
      notes: [since, ...notes],
    },
  ];
}

/** Whether the VCH was seen off at the end, and was not before. */
export function isDown({vch}: Pick<Report, 'vch'>, {outage, result}: Upgrade): boolean {
  if (vch.powerState !== 'poweredOff') return false;
  return outage === undefined ? result === 'needs-person' : outage.to === undefined;
}

/** Whether the VCH runs, as far as it was seen. */
export function powerPill({vch, upgrade, findings}: Pick<Report, 'vch' | 'upgrade' | 'findings'>): Remark {
  const has = (finding: string) => findings.some(({code}) => code === finding);
  if (vch.powerState === null) return {tone: 'warn', text: 'VCH state unknown'};
  if (vch.powerState !== 'poweredOn')
    return has('left-off')
      ? {tone: 'mute', text: 'VCH off, as before'}
      : {tone: 'bad', text: 'VCH powered off'};
  const unready =
    has('not-ready-after-rollback') || (upgrade?.outage !== undefined && upgrade.outage.to === undefined);
  if (unready) return {tone: 'warn', text: 'VCH on, but not seen ready'};
  if (has('docker-not-reached'))
    return {tone: 'info', text: 'VCH on, services ready; docker not confirmed from here'};
  if (upgrade?.outage === undefined) return {tone: 'ok', text: 'VCH powered on'};
  return {
    tone: 'ok',
    text: vch.version === null ? 'VCH running' : `VCH running on ${printable(vch.version)}`,
  };
}

/** How long the run took. */
export function runFigure({startedAt, finishedAt}: Pick<Report, 'startedAt' | 'finishedAt'>): Figure {
  return {
    label: 'Whole run',
    value: spanText(between(startedAt, finishedAt)),
    notes: [periodText(startedAt, finishedAt)],
  };
}

/** The containerVMs by what became of them; nothing if the command is not about them. */
export function containersFigure(report: Report): readonly Figure[] {
  const vms = report.vms.filter(({kind}) => kind === 'container');
  if (vms.length === 0) return [];
  const parts = WORST_FIRST.filter((status) => !EXCEPTIONS.includes(status)).flatMap((status): Part[] => {
    const {tone, text} = statusWord(report, status);
    const n = vms.filter((vm) => vm.status === status).length;
    return n === 0 ? [] : [{tone, text: text.toLowerCase(), count: n}];
  });
  // What is done comes first, and what is open last, where a bar ends.
  const known = setAside(report);
  const left = exceptions(report).filter((vm) => !known.includes(vm));
  const worst = left.some(({status}) => statusWord(report, status).tone === 'bad') ? 'bad' : 'warn';
  const open: readonly Part[] = [
    {tone: 'warn', text: 'already set aside by the checks', count: known.length},
    {tone: worst, text: left.length === 1 ? 'needs attention' : 'need attention', count: left.length},
  ];
  const done = [...parts].sort((a, b) => rank(a) - rank(b));
  return [
    {
      label: 'ContainerVMs',
      value: String(vms.length),
      notes: [],
      parts: [...done, ...open.filter(({count: n}) => n > 0)],
    },
  ];
}

function rank({tone}: Part): number {
  return ['ok', 'info', 'mute', 'warn', 'bad', 'down'].indexOf(tone);
}

/** `3 containerVMs need`. */
export function need(n: number): string {
  return `${counted(n, 'containerVM')} ${n === 1 ? 'needs' : 'need'}`;
}

/** A pill for the containerVMs that a plan would leave out. */
export function leftOut(n: number): readonly Remark[] {
  return n === 0 ? [] : [{tone: 'warn', text: `${n} left out`}];
}

export function wouldNotStart(name: string, failed: number): string {
  return `An upgrade of ${name} would not start: ${counted(failed, 'check')} failed`;
}
