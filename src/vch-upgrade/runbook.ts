import {LEDGER_KEY, LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Vch} from '../inventory/vch.js';
import {shellQuoted} from '../shell-word.js';
import {govcFile} from '../vim25/datastore-path.js';
import {refString} from '../vim25/managed-object.js';
import type {UpgradeRecord} from './record.js';
import type {LockedVch} from './vch-target.js';

/** Tells how to put a VCH back, once there is a snapshot to go back to. */
export function tellWayBack({options, vch, record}: LockedVch): void {
  const {snapshot} = record;
  options.onProgress?.({type: 'way-back', snapshot, card: rollbackRunbook(vch, record)});
}

/** How to put a VCH back by hand, for the case that this tool cannot: the rollback record as a person needs it. */
export function rollbackRunbook(vch: Vch, record: UpgradeRecord): readonly string[] {
  const vm = refString(vch.ref);
  const {snapshot, from, previous} = record;
  const flag = record.updateInProgress ?? '';
  // The snapshot is taken with our record in it; the last upgrade's was written over by then.
  const keys = [
    `${LOCK_KEY}=`,
    `${UPGRADE_RECORD_KEY}=${previous ?? ''}`,
    ...(record.ledgerBefore ? [] : [`${LEDGER_KEY}=`]),
    `${UPDATE_IN_PROGRESS_KEY}=${flag}`,
  ];
  const isos = [record.isos.appliance, record.isos.bootstrap].filter((iso) => iso?.uploaded);
  const clear = `  govc vm.change -vm ${vm} ${keys.map((key) => `-e ${shellQuoted(key)}`).join(' ')}`;
  return [
    `Rollback record of ${vch.summary.name} (${vch.ref.value}), run ${record.run} by ${record.user}, begun ${record.startedAt}`,
    `snapshot: ${snapshot ?? 'not taken yet'}; power before: ${record.powerState}; version before: ` +
      `${from.version ?? 'unknown'}, build ${from.build ?? 'unknown'}, data version ${from.dataVersion}`,
    'With vch-migrate:',
    `  vch-migrate rollback --id ${vch.ref.value}`,
    'By hand, if vch-migrate cannot:',
    ...(snapshot === null
      ? [clear]
      : [
          `  govc vm.power -off -force ${vm}`,
          `  govc snapshot.revert -s -vm ${vm} ${snapshot}`,
          clear,
          ...(record.powerState === 'poweredOn' ? [`  govc vm.power -on ${vm}`] : []),
          `  govc snapshot.remove -vm ${vm} ${snapshot}`,
        ]),
    ...isos.map((iso) => `  govc datastore.rm ${govcFile(iso?.path ?? '')}`),
    `  vch-migrate undo --id ${vch.ref.value} --run ${record.run}`,
  ];
}
