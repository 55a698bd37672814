import {counted} from '../counted.js';
import {causeBefore, exceptions, shortReason} from './attention.js';
import {
  isDown,
  leftOut,
  need,
  outageFigure,
  powerPill,
  reachedText,
  releaseText,
  type Told,
  type Upgrade,
  versionFigure,
  wouldNotStart,
} from './figures.js';
import {printable} from './printable.js';
import type {Report} from './report.js';
import {sentence} from './sentence.js';
import type {Remark, Tone} from './vm-words.js';

/** A command over the VCH as a whole. */
export function overVch(report: Report, upgrade: Upgrade): Told {
  const {command, vch, vms, findings, checks = []} = report;
  const name = printable(vch.name);
  const what = command === 'rollback' ? 'rollback' : command === 'unlock' ? 'unlocking' : 'upgrade';
  const left = exceptions(report).length;
  const failedChecks = checks.filter(({status}) => status === 'failed').length;
  const error = upgrade.error === null ? '' : sentence(shortReason(upgrade.error));
  const before = upgrade.error === null ? '' : causeBefore(upgrade.error);
  const numbers = [versionFigure(report, upgrade), ...outageFigure(report, upgrade)];
  const power = powerPill(report);
  const lock: Remark = vch.lock.held
    ? {tone: 'warn', text: 'Lock still held'}
    : {tone: 'ok', text: 'Lock released'};
  const unstopped: Remark = {tone: 'ok', text: 'No containerVM stopped'};
  const unwritten: Remark = {tone: 'ok', text: 'Nothing written'};
  const told = (tone: Tone, text: string, reason: readonly string[], pills: readonly Remark[]): Told => {
    return {tone, sentence: text, reason, pills, numbers};
  };
  const more = left === 0 ? '' : `; ${need(left)} attention`;
  switch (upgrade.result) {
    case 'upgraded': {
      const done = vms.filter(({kind}) => kind === 'container').length - left;
      const wayBack: Remark = {tone: 'ok', text: 'Way back kept'};
      const others =
        left === 0
          ? 'every containerVM is'
          : `the other ${counted(done, 'containerVM')} ${done === 1 ? 'is' : 'are'}`;
      return told(
        'ok',
        `${name} is upgraded to ${reachedText(report, upgrade)}${more}`,
        [`The appliance is verified, and ${others} done and read back.`],
        [power, unstopped, ...(upgrade.snapshot === null ? [] : [wayBack])],
      );
    }
    case 'unchanged':
      return command === 'unlock'
        ? told(
            'ok',
            `No upgrade is in progress on ${name}`,
            ['There was no lock to remove.'],
            [power, unwritten],
          )
        : told(
            'ok',
            `${name} needed no ${what}${more}`,
            ['The appliance was not touched.'],
            [power, unstopped],
          );
    case 'planned':
      if (failedChecks > 0) return told('bad', wouldNotStart(name, failedChecks), [], [power, unwritten]);
      return told(
        'info',
        command === 'upgrade'
          ? `Ready to upgrade ${name} to ${reachedText(report, upgrade)}`
          : `The ${what} of ${name} can start`,
        [
          'Nothing was written.',
          command === 'unlock'
            ? ''
            : 'The VCH will be down for a few minutes; no containerVM will be stopped.',
        ],
        [{tone: 'info', text: 'Nothing written yet'}, power, ...leftOut(left)],
      );
    case 'not-started':
      return told(
        error === '' && failedChecks === 0 ? 'mute' : 'bad',
        `The ${what} of ${name} did not start; nothing was written`,
        [failedChecks > 0 ? `${counted(failedChecks, 'check')} failed.` : error],
        [power, unwritten],
      );
    case 'as-before': {
      const keeps = findings.some(({code}) => code === 'containers-keep-keys');
      const kept = keeps
        ? vms.filter(({kind, status}) => kind === 'container' && status === 'changed').length
        : 0;
      return told(
        'bad',
        `The ${what} of ${name} failed; it is back on ${releaseText(report)}`,
        [
          error,
          'The appliance was then put back by itself.',
          kept === 0
            ? ''
            : `${counted(kept, 'containerVM')} ${kept === 1 ? 'keeps its' : 'keep their'} prepared keys: harmless; the next upgrade uses them.`,
        ],
        [power, unstopped, lock],
      );
    }
    case 'rolled-back':
      return told(
        'ok',
        `${name} is rolled back to ${releaseText(report)}${more}`,
        [
          `Its appliance is as it was before the upgrade${left === 0 ? ', and so are its containerVMs' : ''}.`,
        ],
        [power, unstopped, lock],
      );
    case 'resumable': {
      const unfinished =
        command === 'rollback' || upgrade.phase?.startsWith('rollback') ? 'rollback' : 'upgrade';
      const down = findings.some(({code}) => code === 'vch-down');
      const seenOff = isDown(report, upgrade);
      const text =
        down || seenOff
          ? `${name} ${seenOff ? 'is' : 'may be'} down: its ${unfinished} is unfinished`
          : `The ${unfinished} of ${name} is unfinished`;
      const goOn = unfinished === 'rollback' ? 'It can be continued.' : 'It can be continued or taken back.';
      const urgent = down ? {urgent: true} : {};
      return {...told(down ? 'bad' : 'warn', text, [error, goOn], [power, lock, unstopped]), ...urgent};
    }
    case 'needs-person':
      return {
        ...told(
          'bad',
          isDown(report, upgrade)
            ? `${name} is down and could not be put back`
            : `${name} could not be put back${vch.powerState === null ? '; whether it is down is unknown' : ''}`,
          [
            error,
            before,
            'A person is needed now.',
            'The upgrade stopped no containerVM; do not stop them either.',
          ],
          [power, lock, unstopped],
        ),
        urgent: true,
      };
    case 'unlocked':
      return told(
        'ok',
        `The upgrade lock of ${name} is removed`,
        ['Its owner was seen to be dead.'],
        [power, ...(findings.some(({code}) => code === 'upgrade-unfinished') ? [UNFINISHED] : [])],
      );
  }
}

const UNFINISHED: Remark = {tone: 'warn', text: 'Upgrade unfinished'};
