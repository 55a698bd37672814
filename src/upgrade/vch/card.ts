import type {Vch} from '../../inventory/vch.js';
import {refString} from '../../vim25/managed-object.js';
import type {UpgradeRecord} from './record.js';

/** How to put a VCH back by hand, for the case that this tool cannot: the rollback record as a person needs it. */
export function rollbackCard(vch: Vch, record: UpgradeRecord): readonly string[] {
  const vm = refString(vch.ref);
  const snapshot = record.snapshot ?? `the one whose description is "vch-migrate run ${record.run}"`;
  const keys = ['vch-migrate/lock', 'vch-migrate/upgrade', 'vch-migrate/ledger']
    .map((key) => `-e ${key}=`)
    .join(' ');
  const flag = record.updateInProgress === null ? '' : record.updateInProgress;
  return [
    `Rollback record of ${vch.summary.name} (${vch.ref.value}), run ${record.run} by ${record.user}, begun ${record.startedAt}`,
    `snapshot: ${record.snapshot ?? 'not taken yet'}; power before: ${record.powerState}; version before: ` +
      `${record.from.version ?? 'unknown'}, build ${record.from.build ?? 'unknown'}, data version ${record.from.dataVersion}`,
    'With vch-migrate:',
    `  vch-migrate rollback --id ${vch.ref.value}`,
    'By hand, if vch-migrate cannot:',
    `  govc vm.power -off -force ${vm}`,
    `  govc snapshot.revert -s -vm ${vm} ${shell(snapshot)}`,
    `  govc vm.change -vm ${vm} ${keys} -e UpdateInProgress=${flag}`,
    ...(record.powerState === 'poweredOn' ? [`  govc vm.power -on ${vm}`] : []),
    `  govc snapshot.remove -vm ${vm} ${shell(snapshot)}`,
    `  vch-migrate undo --id ${vch.ref.value} --run ${record.run}`,
  ];
}

function shell(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
