import {counted} from '../counted.js';
import {durationText} from '../duration.js';
import {exceptions} from './attention.js';
import {leftOut, type Told, versionFigure} from './figures.js';
import {printable} from './printable.js';
import type {Report, ReportRehearsal} from './report.js';

/** An upgrade that was played on a copy of the VCH. */
export function overCopy(report: Report, rehearsal: ReportRehearsal): Told {
  const {upgrade, rollback, differing, failures, taskTime, bootTime} = rehearsal;
  const name = printable(report.vch.name);
  const began = upgrade.result !== 'planned' && upgrade.result !== 'not-started';
  const worked = upgrade.result === 'upgraded' || upgrade.result === 'unchanged';
  const back = rollback === null || (rollback.result === 'rolled-back' && differing.length === 0);
  const open = failures.filter(
    ({repair}) => repair !== null && !['upgraded', 'rolled-back'].includes(repair.result),
  );
  const left = exceptions(report).length;
  return {
    tone: !worked || !back ? 'bad' : left > 0 || open.length > 0 ? 'warn' : 'ok',
    sentence: !began
      ? `An upgrade of ${name} would not begin`
      : worked && back
        ? `A copy of ${name} was upgraded${rollback === null ? '' : ' and rolled back'}`
        : `A copy of ${name} ${worked ? 'was upgraded, and is not as before after its rollback' : 'could not be upgraded'}`,
    reason: [
      began
        ? `At ${durationText(taskTime)} a task and ${durationText(bootTime)} for a boot, it took ${durationText(upgrade.took)}.`
        : (upgrade.error?.message ?? 'See the checks.'),
    ],
    pills: [
      {tone: 'ok', text: 'Nothing written on the target'},
      ...(failures.length === 0
        ? []
        : [
            open.length === 0
              ? ({tone: 'ok', text: `${counted(failures.length, 'failure')} tried, each repaired`} as const)
              : ({
                  tone: 'bad',
                  text: `${open.length} of ${counted(failures.length, 'failure')} not repaired`,
                } as const),
          ]),
      ...leftOut(left),
    ],
    numbers: [
      versionFigure(report),
      {
        label: 'Expected outage',
        value: upgrade.outage === null ? 'Until repaired' : durationText(upgrade.outage),
        notes: [
          rehearsal.taskTimeFrom === 'measured'
            ? 'By the task time that doctor measured'
            : 'By the times that were assumed',
        ],
      },
    ],
  };
}
