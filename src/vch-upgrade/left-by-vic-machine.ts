import {BUILD_KEY, LOCK_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {isFalse, textOf} from '../extraconfig/value.js';
import {readAppliance} from '../inventory/appliance.js';
import {type Vch, vchLabel} from '../inventory/vch.js';
import type {Finding} from '../migration/finding.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import {readSnapshotConfig, readSnapshots, type Snapshot} from '../vim25/snapshot.js';

/** vic-machine names its snapshots so; up to 1.5.2 its upgrades have the second name, too. */
const VIC_SNAPSHOT = /^(?:upgrade|reconfigure) for /;

/**
 * What an upgrade or configure operation of vic-machine looks like that has set its flag and not cleared it, and the commands
 * that end it. Nothing tells whether vic-machine still runs; every message says so first.
 */
export async function leftByVicMachine(session: Session, vch: Vch): Promise<readonly Finding[]> {
  const {leases} = vch;
  if (isFalse(leases[UPDATE_IN_PROGRESS_KEY]) || (leases[LOCK_KEY] ?? '') !== '') return [];
  const appliance = await readAppliance(session, vch);
  const tree = await readSnapshots(session, vch.ref);
  const taken = tree.all.find(({ref, name}) => ref.value === tree.current && VIC_SNAPSHOT.test(name));
  const isOff = appliance.powerState !== 'poweredOn';
  const build = textOf(appliance.config, BUILD_KEY.appliance);
  const before =
    taken && textOf((await readSnapshotConfig(session, taken.ref)).extraConfig, BUILD_KEY.appliance);
  const power = `the appliance is ${isOff ? 'powered off: docker does not answer' : 'powered on'}`;
  const sure = 'If no vic-machine runs for this VCH on any machine';
  const messages =
    taken === undefined
      ? [
          `it set its flag, and there is no snapshot of it: its upgrade had not come to the snapshot, or was rolled back; ${power}`,
          `${sure}: ${line([...on(vch, isOff), clearFlag(vch)])}`,
        ]
      : before === build
        ? [
            `it has taken the snapshot "${taken.name}" and not changed the appliance since: build ${build ?? 'unknown'} as before; ${power}`,
            `${sure}: ${line([...on(vch, isOff), clearFlag(vch), `govc snapshot.remove -vm ${refString(vch.ref)} ${taken.ref.value}`])}`,
          ]
        : [
            `it has taken the snapshot "${taken.name}" and changed the appliance from build ${before ?? 'unknown'} to ${build ?? 'unknown'}; ${power}`,
            `${sure}, go on with the new version: ${line([...on(vch, isOff), clearFlag(vch)])}; the snapshot stays for vic-machine upgrade --rollback`,
            `Or go back to the old one: ${line(back(vch, taken, isOff))}`,
          ];
  return [
    {
      code: 'vic-machine-unfinished',
      message: `an upgrade or configure operation of vic-machine on ${vchLabel(vch)} is unfinished: ${messages.join('. ')}. Then vch-migrate check`,
    },
  ];
}

/** The snapshot was taken with the flag set: a revert sets it again. */
function back(vch: Vch, {ref}: Snapshot, isOff: boolean): readonly string[] {
  const vm = refString(vch.ref);
  return [
    ...(isOff ? [] : [`govc vm.power -off -force ${vm}`]),
    `govc snapshot.revert -s -vm ${vm} ${ref.value}`,
    clearFlag(vch),
    ...on(vch, true),
  ];
}

function on({ref}: Vch, isOff: boolean): readonly string[] {
  return isOff ? [`govc vm.power -on ${refString(ref)}`] : [];
}

function clearFlag({ref}: Vch): string {
  return `govc vm.change -vm ${refString(ref)} -e ${UPDATE_IN_PROGRESS_KEY}=false`;
}

function line(commands: readonly string[]): string {
  return commands.join(' && ');
}
