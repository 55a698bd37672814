import {counted} from '../counted.js';
import {NAME_KEYS} from '../extraconfig/keys.js';
import {exceptions} from './attention.js';
import {type Figure, leftOut, need, powerPill, type Told, versionFigure, wouldNotStart} from './figures.js';
import {lockText} from './lock-text.js';
import {containerName} from './phrases.js';
import {printable} from './printable.js';
import type {Report} from './report.js';
import {sentence} from './sentence.js';
import type {Remark} from './vm-words.js';

/** A command over containerVMs. */
export function overVms(report: Report): Told {
  const told = tell(factsOf(report));
  const stopped = report.interrupted ? 'The run was stopped before every containerVM had its turn.' : '';
  return {...told, reason: [stopped, ...told.reason], numbers: [versionFigure(report), ...told.numbers]};
}

type Facts = ReturnType<typeof factsOf>;

function factsOf(report: Report) {
  const {vch, summary} = report;
  const name = printable(vch.name);
  const left = exceptions(report).length;
  const power = powerPill(report);
  return {
    report,
    summary,
    /** Those that need a person. */
    left,
    more: left === 0 ? '' : `; ${need(left)} attention`,
    /** `64 containerVMs of vch1`. */
    all: `${counted(summary.total, 'containerVM')} of ${name}`,
    name,
    lock: vch.lock.held ? sentence(lockText(vch.lock)) : '',
    power,
    outage: power.tone === 'ok' ? ({tone: 'ok', text: 'No outage'} as const) : power,
  };
}

const UNWRITTEN: Remark = {tone: 'ok', text: 'Nothing written'};
const UNSTOPPED: Remark = {tone: 'ok', text: 'No containerVM stopped'};
const READ_ONLY = 'Read only: nothing was written';

function tell(facts: Facts): Told {
  switch (facts.report.command) {
    case 'plan':
      return plan(facts);
    case 'apply':
      return wrote(facts, writes(facts, 'changed'), facts.summary.changed > 0 ? 'Each was read back.' : '');
    case 'undo':
      return wrote(facts, writes(facts, 'put back'), facts.summary.changed > 0 ? 'Each was read back.' : '');
    case 'rename':
      return wrote(facts, renamed(facts.report), '');
    case 'verify':
      return verify(facts);
    case 'audit':
      return audit(facts);
    case 'check':
      return check(facts);
    default:
      return status(facts);
  }
}

function plan({report, summary: {pending}, left, more, all, name, lock, outage}: Facts): Told {
  const nothing =
    left === 0
      ? `No containerVM of ${name} needs a change`
      : `No containerVM of ${name} can be changed now${more}`;
  const planned = pending > 0 ? 'info' : 'ok';
  return {
    tone: lock !== '' || (pending === 0 && left > 0) ? 'warn' : planned,
    sentence: pending > 0 ? `Ready to change ${pending} of ${all}` : nothing,
    reason: [
      lock,
      `This is a plan: ${report.vch.powerState === 'poweredOn' ? 'the VCH stays up, and ' : ''}no containerVM is stopped.`,
    ],
    pills: [{tone: 'info', text: 'Nothing written yet'}, outage, ...leftOut(left)],
    numbers: [outageFigure(report, 'VCH will be down')],
  };
}

/** A run that wrote: its colour depends on what it left undone. */
function wrote({report, summary, left, outage}: Facts, text: string, reason: string): Told {
  const failed = summary.failed + summary.unknown > 0 && summary.changed === 0;
  const open = failed ? 'bad' : 'warn';
  return {
    tone: left === 0 && !report.interrupted ? 'ok' : open,
    sentence: text,
    reason: [reason],
    pills: [outage, UNSTOPPED],
    numbers: [outageFigure(report, 'VCH was down')],
  };
}

function writes({summary, left, more, name}: Facts, word: string): string {
  const {changed} = summary;
  const due = changed + summary.failed + summary.unknown + summary.conflict + summary['not-attempted'];
  if (due === 0) return `No containerVM of ${name} ${left === 0 ? 'needed a change' : `was ${word}`}${more}`;
  const some = changed === due ? '' : `${changed} of `;
  return `${some}${counted(due, 'containerVM')} of ${name} ${due === 1 && some === '' ? 'is' : 'are'} ${word}${more}`;
}

function verify({report, summary, all, name, power}: Facts): Told {
  const {total} = summary;
  const good = summary.unchanged + summary.changed + summary.skipped;
  const differs = summary.failed + summary.conflict + summary.unknown;
  const unread = total - good - differs;
  const every =
    total === 1 ? 'its containerVM is as it should be' : `all ${total} containerVMs are as they should be`;
  const fine =
    unread > 0
      ? `${good} of ${all} are verified; ${unread} could not be checked`
      : `${name} is verified: ${every}`;
  const other = differs === 1 ? 'differs from what it should be' : 'differ from what they should be';
  return {
    tone: differs > 0 ? 'bad' : report.interrupted ? 'warn' : 'ok',
    sentence: differs > 0 ? `${differs} of ${all} ${other}` : fine,
    reason: ['Each was compared with its goal, key by key.'],
    pills: [
      {tone: differs > 0 ? 'bad' : 'ok', text: `${good} of ${good + differs} match`},
      power,
      unread > 0 ? {tone: 'warn', text: `${unread} not checked`} : UNWRITTEN,
    ],
    numbers: [
      {
        label: 'Differences',
        value: differs === 0 ? 'None' : counted(differs, 'containerVM'),
        notes: differs === 0 ? [READ_ONLY] : [],
      },
    ],
  };
}

function audit({report, summary: {total, failed}, left, more, all, name, power}: Facts): Told {
  const one = total === 1 ? 'The containerVM' : `All ${total} containerVMs`;
  const who = left === 0 ? `${one} of ${name}` : `${total - left} of ${all}`;
  const findings = report.vms.reduce((sum, vm) => sum + vm.findings.length, report.findings.length);
  return {
    tone: left > 0 ? 'warn' : 'ok',
    sentence:
      failed > 0
        ? `${failed} of ${all} ${failed === 1 ? 'breaks' : 'break'} VIC's conventions`
        : `${who} ${total === 1 ? 'keeps' : 'keep'} VIC's conventions${more}`,
    reason: ['Names, folders, identities and links were compared.'],
    pills: [power, UNWRITTEN],
    numbers: [{label: 'Findings', value: String(findings), notes: [READ_ONLY]}],
  };
}

function check({report: {checks = []}, left, name, power}: Facts): Told {
  const n = (wanted: string) => checks.filter(({status}) => status === wanted).length;
  const failed = n('failed');
  const open = left === 0 ? '' : `; ${counted(left, 'containerVM')} would be left out`;
  return {
    tone: failed > 0 ? 'bad' : left > 0 ? 'warn' : 'ok',
    sentence: failed > 0 ? wouldNotStart(name, failed) : `${name} is ready for its upgrade${open}`,
    reason: ['Everything that can be known before an upgrade was looked at.'],
    pills: [power, UNWRITTEN, ...leftOut(left)],
    numbers: [
      {
        label: 'Checks',
        value: `${n('ok')} of ${checks.length} passed`,
        notes: [counted(n('warning'), 'warning'), `${failed} failed`],
      },
    ],
  };
}

function status({report: {vch}, summary, left, more, name, lock, power}: Facts): Told {
  const {total, pending, renameDisabled} = summary;
  const dead = vch.lock.held && (vch.lock.state === 'dead' || vch.lock.stopped === true);
  const awaits =
    pending > 0
      ? `${pending} of ${counted(total, 'containerVM')} await a change`
      : 'no containerVM awaits a change';
  const calm = left > 0 ? 'warn' : 'ok';
  return {
    tone: dead ? 'warn' : vch.lock.held || pending > 0 ? 'info' : calm,
    sentence: vch.lock.held
      ? `An upgrade of ${name} ${dead ? 'was left unfinished' : 'is in progress'}`
      : `No upgrade in progress on ${name}; ${awaits}${more}`,
    reason: [lock],
    pills: [power, UNWRITTEN],
    numbers: [
      {
        label: 'docker rename',
        value: renameDisabled === 0 ? 'Not disabled' : `Off for ${renameDisabled} of ${total}`,
        notes: renameDisabled === 0 ? [] : ['Data version below 4, or unknown'],
      },
    ],
  };
}

/** These commands take no VCH down; one that was found down is not said to be up. */
function outageFigure({vch: {powerState}}: Report, label: string): Figure {
  if (powerState === 'poweredOn')
    return {label, value: 'Not at all', notes: ['No containerVM is stopped either']};
  return {
    label: 'VCH',
    value: powerState === null ? 'State unknown' : 'Not running',
    notes: ['As it was found'],
  };
}

const NAME_KEY = NAME_KEYS.container.hidden;

/** Which container got which name. */
function renamed({vms, vch}: Report): string {
  const done = vms.find(
    ({status, changes}) => status === 'changed' && changes.some(({key}) => key === NAME_KEY),
  );
  const change = done?.changes.find(({key}) => key === NAME_KEY);
  const old = change?.before ?? done?.containerName;
  if (change?.after)
    return `${old == null ? 'A container' : containerName(old)} is renamed to ${containerName(change.after)}`;
  const name = printable(vch.name);
  if (vms.some(({status}) => status === 'unchanged')) return `The container of ${name} has that name already`;
  return `No container of ${name} was renamed`;
}
