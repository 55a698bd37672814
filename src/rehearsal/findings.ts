import {durationText} from '../duration.js';
import type {Finding} from '../migration/finding.js';
import type {UpgradeResult} from '../vch-upgrade/outcome.js';
import {CANNOT_SHOW} from './limits.js';
import type {Played, Rehearsal} from './rehearse.js';

const ENDED: Readonly<Record<UpgradeResult, string>> = {
  planned: 'would begin',
  'not-started': 'would not begin',
  unchanged: 'finds nothing to change on the appliance',
  upgraded: 'upgraded the VCH',
  'as-before': 'put the appliance back as it was',
  'rolled-back': 'took everything back',
  resumable: 'stopped halfway, to be continued',
  'needs-person': 'stopped with the VCH down',
  unlocked: 'removed the lock',
};

/** What a rehearsal has shown, for people. */
export function rehearsalFindings({
  times,
  upgrade,
  rollback,
  failures,
  missed,
}: Rehearsal): readonly Finding[] {
  const source = {
    given: '',
    measured: ' as doctor measured it',
    assumed:
      ' as assumed, until vch-migrate doctor --scratch measures it on the vCenter (its file: --doctor FILE)',
  };
  const assumed = `at ${durationText(times.task)} a task${source[times.taskFrom]} and ${durationText(times.boot)} for a boot`;
  return [
    {
      code: 'rehearsal-upgrade',
      message:
        upgrade.result === 'not-started' && upgrade.error !== null
          ? `the upgrade would be refused: ${upgrade.error.message}`
          : `on a copy, the upgrade ${told(upgrade)}, ${assumed}`,
    },
    ...(rollback === undefined
      ? []
      : [
          {
            code: 'rehearsal-rollback',
            message: `on a copy, its rollback ${told(rollback)}; ${
              rollback.differing.length === 0
                ? 'every VM is as it was before'
                : `not as before: ${rollback.differing.join(', ')}`
            }`,
          },
        ]),
    ...failures.map(({title, upgrade, next, repair}) => ({
      code: 'rehearsal-failure',
      message: `if ${title}: the upgrade ${told(upgrade)}${
        repair === null ? '. No other command is needed' : `. Then vch-migrate ${next} ${told(repair)}`
      }`,
    })),
    ...missed.map((title) => ({
      code: 'rehearsal-failure',
      message: `if ${title}: that cannot happen, because this upgrade powers nothing on`,
    })),
    {code: 'rehearsal-limits', message: `a rehearsal cannot show: ${CANNOT_SHOW.join('; ')}`},
  ];
}

function told({result, error, took, outage}: Played): string {
  const away =
    outage === null
      ? ', and docker does not answer'
      : outage === 0
        ? ''
        : `; docker was away for ${durationText(outage)}`;
  return `${ENDED[result]} after ${durationText(took)}${away}${error === null ? '' : ` (${error.code})`}`;
}
