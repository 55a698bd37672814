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
 * that end it. Nothing tells whether vic-machine still runs; each way says so first.
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
  const power = `The appliance is ${isOff ? 'powered off: docker does not answer' : 'powered on'}`;
  const on = isOff ? [powerOn(vch)] : [];
  const {stands, actions} =
    taken === undefined
      ? {
          stands: `it set its flag, and there is no snapshot of it: its upgrade had not come to the snapshot, or was rolled back. ${power}`,
          actions: [ifNoneRuns('clear its flag', [...on, clearFlag(vch)])],
        }
      : before === build
        ? {
            stands: `it has taken the snapshot "${taken.name}" and not changed the appliance since: build ${build ?? 'unknown'} as before. ${power}`,
            actions: [
              ifNoneRuns('clear its flag and remove its snapshot', [
                ...on,
                clearFlag(vch),
                removal(vch, taken),
              ]),
            ],
          }
        : {
            stands: `it has taken the snapshot "${taken.name}" and changed the appliance from build ${before ?? 'unknown'} to ${build ?? 'unknown'}. ${power}. On the new version the snapshot stays, for vic-machine upgrade --rollback`,
            actions: [
              ifNoneRuns('go on with the new version', [...on, clearFlag(vch)]),
              way('Or go back to the old version instead', back(vch, taken, isOff)),
            ],
          };
  return [
    {
      code: 'vic-machine-unfinished',
      message: `an upgrade or configure operation of vic-machine on ${vchLabel(vch)} is unfinished: ${stands}. First make sure that no vic-machine runs for this VCH on any machine`,
      actions,
    },
  ];
}

function way(text: string, commands: readonly string[]) {
  return {text, command: commands.join('\n')};
}

function ifNoneRuns(text: string, commands: readonly string[]) {
  return way(`If no vic-machine runs for this VCH, ${text}`, commands);
}

/** The snapshot was taken with the flag set: a revert sets it again. */
function back(vch: Vch, {ref}: Snapshot, isOff: boolean): readonly string[] {
  const vm = refString(vch.ref);
  return [
    ...(isOff ? [] : [`govc vm.power -off -force ${vm}`]),
    `govc snapshot.revert -s -vm ${vm} ${ref.value}`,
    clearFlag(vch),
    powerOn(vch),
  ];
}

function removal({ref}: Vch, snapshot: Snapshot): string {
  return `govc snapshot.remove -vm ${refString(ref)} ${snapshot.ref.value}`;
}

function powerOn({ref}: Vch): string {
  return `govc vm.power -on ${refString(ref)}`;
}

function clearFlag({ref}: Vch): string {
  return `govc vm.change -vm ${refString(ref)} -e ${UPDATE_IN_PROGRESS_KEY}=false`;
}
