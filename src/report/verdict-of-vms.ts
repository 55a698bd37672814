import {NAME_KEYS} from '../extraconfig/keys.js';
import {exceptions} from './attention.js';
import {type Figure, leftOut, need, powerPill, type Told, versionFigure, wouldNotStart} from './figures.js';
import {lockText} from './lock-text.js';
import {containerName, count} from './phrases.js';
import {printable} from './printable.js';
import type {Report} from './report.js';
import {sentence} from './sentence.js';
import type {Remark, Tone} from './vm-words.js';

/** A command over containerVMs. */
export function overVms(report: Report): Told {
  const {command, summary, checks = [], vch} = report;
  const name = printable(vch.name);
  const {total} = summary;
  const left = exceptions(report).length;
  const bad = summary.failed + summary.unknown;
  const all = count(total, 'containerVM');
  const power = powerPill(report);
  const unwritten: Remark = {tone: 'ok', text: 'Nothing written'};
  const noOutage: Remark = power.tone === 'ok' ? {tone: 'ok', text: 'No outage'} : power;
  const unstopped: Remark = {tone: 'ok', text: 'No containerVM stopped'};
  const notUp = outage(report, 'VCH was down');
  const version = versionFigure(report);
  const lock = vch.lock.held ? sentence(lockText(vch.lock)) : '';
  const stopped = report.interrupted ? 'The run was stopped before every containerVM had its turn.' : '';
  const more = left === 0 ? '' : `; ${need(left)} attention`;
  const after = (tone: Tone, text: string, reason: readonly string[], pills: readonly Remark[]): Told => {
    return {tone, sentence: text, reason: [stopped, ...reason], pills, numbers: [version, notUp]};
  };
  /** The tone of a run that wrote, by what it left undone. */
  const outcome: Tone =
    left === 0 && !report.interrupted ? 'ok' : bad > 0 && summary.changed === 0 ? 'bad' : 'warn';
  switch (command) {
    case 'plan':
      return {
        tone: lock !== '' ? 'warn' : summary.pending > 0 ? 'info' : left === 0 ? 'ok' : 'warn',
        sentence:
          summary.pending > 0
            ? `Ready to change ${summary.pending} of ${all} of ${name}`
            : `No containerVM of ${name} ${left === 0 ? 'needs a change' : `can be changed now${more}`}`,
        reason: [lock, stopped, 'This is a plan: the VCH stays up, and no containerVM is stopped.'],
        pills: [{tone: 'info', text: 'Nothing written yet'}, noOutage, ...leftOut(left)],
        numbers: [version, outage(report, 'VCH will be down')],
      };
    case 'apply':
    case 'undo': {
      const word = command === 'apply' ? 'changed' : 'put back';
      const due =
        summary.changed + summary.failed + summary.unknown + summary.conflict + summary['not-attempted'];
      const text =
        due === 0
          ? `No containerVM of ${name} ${left === 0 ? 'needed a change' : `was ${word}`}`
          : `${due === summary.changed ? due : `${summary.changed} of ${due}`} ${due === 1 ? 'containerVM' : 'containerVMs'} of ${name} ${summary.changed === 1 && due === 1 ? 'is' : 'are'} ${word}`;
      return after(
        outcome,
        `${text}${more}`,
        [summary.changed > 0 ? 'Each was read back.' : ''],
        [noOutage, unstopped],
      );
    }
    case 'rename':
      return after(outcome, renamed(report), [], [noOutage, unstopped]);
    case 'verify': {
      const good = summary.unchanged + summary.changed + summary.skipped;
      const differs = summary.failed + summary.conflict + summary.unknown;
      const unread = total - good - differs;
      const some = `${good} of ${all} of ${name}`;
      return {
        tone: differs > 0 ? 'bad' : report.interrupted ? 'warn' : 'ok',
        sentence:
          differs > 0
            ? `${differs} of ${all} of ${name} ${differs === 1 ? 'differs' : 'differ'} from what ${differs === 1 ? 'it' : 'they'} should be`
            : unread > 0
              ? `${some} are verified; ${unread} could not be checked`
              : `${name} is verified: ${total === 1 ? 'its containerVM is as it' : `all ${all} are as they`} should be`,
        reason: [stopped, 'Each was compared with its goal, key by key.'],
        pills: [
          {tone: differs > 0 ? 'bad' : 'ok', text: `${good} of ${good + differs} match`},
          power,
          ...(unread > 0 ? [{tone: 'warn', text: `${unread} not checked`} as const] : [unwritten]),
        ],
        numbers: [
          version,
          {
            label: 'Differences',
            value: differs === 0 ? 'None' : count(differs, 'containerVM'),
            notes: differs === 0 ? ['Read only: nothing was written'] : [],
          },
        ],
      };
    }
    case 'audit': {
      const broken = summary.failed;
      return {
        tone: broken > 0 ? 'warn' : left > 0 ? 'warn' : 'ok',
        sentence:
          broken > 0
            ? `${broken} of ${all} of ${name} ${broken === 1 ? 'breaks' : 'break'} VIC's conventions`
            : `${left === 0 ? (total === 1 ? 'The' : `All ${total}`) : `${total - left} of ${total}`} containerVM${total === 1 ? '' : 's'} of ${name} keep${total === 1 ? 's' : ''} VIC's conventions${more}`,
        reason: [stopped, 'Names, folders, identities and links were compared.'],
        pills: [power, unwritten],
        numbers: [
          version,
          {
            label: 'Findings',
            value: String(
              report.vms.reduce((sum, {findings}) => sum + findings.length, report.findings.length),
            ),
            notes: ['Read only: nothing was written'],
          },
        ],
      };
    }
    case 'check': {
      const [failed, warned] = (['failed', 'warning'] as const).map(
        (is) => checks.filter(({status}) => status === is).length,
      );
      const passed = checks.filter(({status}) => status === 'ok').length;
      return {
        tone: failed ? 'bad' : left > 0 ? 'warn' : 'ok',
        sentence: failed
          ? wouldNotStart(name, failed)
          : `${name} is ready for its upgrade${left === 0 ? '' : `; ${count(left, 'containerVM')} would be left out`}`,
        reason: [stopped, 'Everything that can be known before an upgrade was looked at.'],
        pills: [power, unwritten, ...leftOut(left)],
        numbers: [
          version,
          {
            label: 'Checks',
            value: `${passed} of ${checks.length} passed`,
            notes: [count(warned ?? 0, 'warning'), `${failed} failed`],
          },
        ],
      };
    }
    default: {
      const {held} = vch.lock;
      const dead = vch.lock.held && (vch.lock.state === 'dead' || vch.lock.stopped === true);
      return {
        tone: dead ? 'warn' : held || summary.pending > 0 ? 'info' : left > 0 ? 'warn' : 'ok',
        sentence: held
          ? `An upgrade of ${name} ${dead ? 'was left unfinished' : 'is in progress'}`
          : `No upgrade in progress on ${name}; ${summary.pending > 0 ? `${summary.pending} of ${all} await a change` : `no containerVM awaits a change`}${more}`,
        reason: [lock, stopped],
        pills: [power, unwritten],
        numbers: [
          version,
          {
            label: 'docker rename',
            value:
              summary.renameDisabled === 0 ? 'Not disabled' : `Off for ${summary.renameDisabled} of ${total}`,
            notes: summary.renameDisabled === 0 ? [] : ['Data version below 4, or unknown'],
          },
        ],
      };
    }
  }
}

/** These commands take no VCH down; one that was found down is not said to be up. */
function outage({vch: {powerState}}: Report, label: string): Figure {
  if (powerState === 'poweredOn')
    return {label, value: 'Not at all', notes: ['No containerVM is stopped either']};
  return {
    label: 'VCH',
    value: powerState === null ? 'State unknown' : 'Not running',
    notes: ['As it was found'],
  };
}

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

const NAME_KEY = NAME_KEYS.container.hidden;
