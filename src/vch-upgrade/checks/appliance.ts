import {describeHolder, readHolder} from '../../appliance/lease.js';
import {heldLabel, UPGRADE_LOCK} from '../../appliance/upgrade-lock.js';
import {durationText} from '../../duration.js';
import {VchError} from '../../errors.js';
import {vchLabel} from '../../inventory/vch.js';
import {APPLIANCE_STAMP, acceptDataVersion} from '../../migration/data-version.js';
import {refString} from '../../vim25/managed-object.js';
import {GRACE} from '../power.js';
import {recordOn} from '../steps.js';
import {type CheckedVch, failed, ok, orThrow, type Verdict, warning} from './verdict.js';

/** Shows what the appliance boots from, and where its files are. */
export function checkAppliance({appliance}: CheckedVch): Verdict {
  if ('error' in appliance) return failed(appliance.error.message);
  const {powerState, vmPathName, cdroms} = appliance.value;
  const files = cdroms.flatMap(({fileName}) => fileName ?? []);
  const boots = files.length === 0 ? 'no ISO file in a CD-ROM drive' : `boots from ${files.join(', ')}`;
  return ok(`${powerState ?? 'power state unknown'}, ${vmPathName ?? 'its path cannot be read'}, ${boots}`);
}

/** Checks that this release knows the appliance's data version. */
export function checkDataVersion({vch, appliance}: CheckedVch): Verdict {
  const {config} = orThrow(appliance);
  const version = acceptDataVersion(config, 'appliance', {label: vchLabel(vch), vm: refString(vch.ref)});
  if (version instanceof VchError) return failed(`${version.code}: ${version.message}`);
  return ok(
    version === APPLIANCE_STAMP
      ? `${version}, the newest that VIC has`
      : `${version}; an upgrade takes it to ${APPLIANCE_STAMP}`,
  );
}

/** Checks that no upgrade holds the VCH, and that none was left unfinished. */
export function checkLock({vch, appliance}: CheckedVch): Verdict {
  const {config, powerState} = orThrow(appliance);
  const label = vchLabel(vch);
  const holder = readHolder(UPGRADE_LOCK, config);
  if (holder.state !== 'none') {
    const {state, wayOut} = describeHolder(UPGRADE_LOCK, holder, heldLabel(label, powerState));
    return failed(`${state}. ${wayOut}`);
  }
  const record = recordOn(config, label);
  if (record === null || record.phase === 'done') return ok('no upgrade in progress');
  return failed(
    `the upgrade of ${label}, run ${record.run}, is unfinished (phase ${record.phase}). Continue it with vch-migrate resume, or undo it with vch-migrate rollback`,
  );
}

/** Shows for how long docker will not answer. */
export function expectOutage({appliance, options: {timeout, shutdownGrace = GRACE}}: CheckedVch): Verdict {
  const {powerState} = orThrow(appliance);
  const boot = `until its services are ready, at most ${durationText(timeout)} (--timeout); after that it is rolled back`;
  const containers = 'containers keep running: none is powered off or snapshotted';
  switch (powerState) {
    case 'poweredOn':
      return ok(
        `the appliance alone, usually a few minutes: guest shutdown (it is powered off after ${durationText(shutdownGrace)}), one reconfiguration, ` +
          `and the boot, ${boot}; ${containers}`,
      );
    case 'poweredOff':
      return warning(
        `none, the appliance is already powered off, and docker does not answer there. Whether this VCH works is not known; ${containers}`,
      );
    default:
      return failed(
        `the appliance is ${powerState ?? 'in an unknown power state'}; power it on first, and make sure that docker answers`,
      );
  }
}
