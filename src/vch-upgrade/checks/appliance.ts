import {describeLock, ownerState} from '../../appliance/liveness.js';
import {parseLock} from '../../appliance/lock-text.js';
import type {Appliance} from '../../inventory/appliance.js';
import {LOCK_KEY} from '../../inventory/keys.js';
import {lockState} from '../../inventory/lock-state.js';
import type {Vch} from '../../inventory/vch.js';
import {acceptDataVersion, TOOL_DATA_VERSION} from '../../migration/data-version.js';
import {recordOn} from '../steps.js';
import {failed, ok, type Verdict, warning} from './verdict.js';

/** What the appliance boots from, and where it lies. */
export function judgeAppliance({powerState, vmPathName, cdroms}: Appliance): Verdict {
  const files = cdroms.flatMap(({fileName}) => fileName ?? []);
  const boots = files.length === 0 ? 'no ISO file in a CD-ROM drive' : `boots from ${files.join(', ')}`;
  return ok(`${powerState ?? 'power state unknown'}, ${vmPathName ?? 'its place cannot be seen'}, ${boots}`);
}

/** Whether this release knows the appliance's data. */
export function judgeDataVersion({summary}: Vch, {config}: Appliance): Verdict {
  const accepted = acceptDataVersion(config, 'appliance', `${summary.name} (${summary.id})`);
  if (accepted.status === 'refused') return failed(`${accepted.error.code}: ${accepted.error.message}`);
  const {version} = accepted;
  return ok(
    version === TOOL_DATA_VERSION
      ? `${version}, the newest that VIC has`
      : `${version}; an upgrade takes it to ${TOOL_DATA_VERSION}`,
  );
}

/** Whether somebody upgrades the VCH, or has left an upgrade unfinished. */
export function judgeLock({summary}: Vch, {config}: Appliance): Verdict {
  const label = `${summary.name} (${summary.id})`;
  const lock = parseLock(config[LOCK_KEY]);
  if (lock !== null) {
    const on =
      ownerState(lock) === 'alive'
        ? 'its owner lives: wait for it, vch-migrate status tells when it has ended'
        : 'wait for it; if its owner is dead, go on with it with vch-migrate resume, take it back with rollback, or drop the lock with unlock';
    return failed(`an upgrade holds ${label}: ${describeLock(lock)}; ${on}`);
  }
  if (lockState(config).held) {
    return failed(
      `vic-machine holds ${label}: it has set UpdateInProgress, and does so while it upgrades or configures a VCH; wait until it has ended`,
    );
  }
  const record = recordOn(config, label);
  if (record === null || record.phase === 'done') return ok('no upgrade in progress');
  return failed(
    `the upgrade of run ${record.run} was begun on ${label} and not finished (phase ${record.phase}); go on with it with vch-migrate resume, or take it back with rollback`,
  );
}

/** For how long docker will not answer. */
export function judgeOutage({powerState}: Appliance, timeout: number, grace: number): Verdict {
  const boot = `until its services are ready, at most ${durationText(timeout)} (--timeout); then it is put back`;
  const containers = 'containers run on, and are neither powered nor snapshotted';
  switch (powerState) {
    case 'poweredOn':
      return ok(
        `the appliance alone, as a rule a few minutes: guest shutdown (its power is taken after ${durationText(grace)}), one reconfigure, ` +
          `and the boot, ${boot}; ${containers}`,
      );
    case 'poweredOff':
      return warning(
        `none, the appliance is powered off already: docker does not answer there now. It is not known whether this VCH works; ${containers}`,
      );
    default:
      return failed(
        `the appliance is ${powerState ?? 'in an unknown power state'}; power it on first, and see that docker answers`,
      );
  }
}

function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return [...(minutes > 0 ? [`${minutes}m`] : []), ...(rest > 0 || minutes === 0 ? [`${rest}s`] : [])].join(
    '',
  );
}
