import {describeHolder, readHolder, UPGRADE_LOCK} from '../../appliance/lease.js';
import {durationText} from '../../duration.js';
import {vchLabel} from '../../inventory/vch.js';
import {APPLIANCE_STAMP, acceptDataVersion} from '../../migration/data-version.js';
import {refString} from '../../vim25/managed-object.js';
import {GRACE} from '../power.js';
import {recordOn} from '../steps.js';
import {failed, ok, orThrow, type VchCheck, warning} from './verdict.js';

/** What the appliance boots from, and where it lies. */
export const applianceCheck: VchCheck = {
  id: 'appliance',
  title: 'appliance',
  judge({appliance}) {
    if ('error' in appliance) return failed(appliance.error.message);
    const {powerState, vmPathName, cdroms} = appliance.value;
    const files = cdroms.flatMap(({fileName}) => fileName ?? []);
    const boots = files.length === 0 ? 'no ISO file in a CD-ROM drive' : `boots from ${files.join(', ')}`;
    return ok(
      `${powerState ?? 'power state unknown'}, ${vmPathName ?? 'its place cannot be seen'}, ${boots}`,
    );
  },
};

/** Whether this release knows the appliance's data. */
export const dataVersionCheck: VchCheck = {
  id: 'data-version',
  title: 'data version',
  judge({vch, appliance}) {
    const {config} = orThrow(appliance);
    const accepted = acceptDataVersion(config, 'appliance', {label: vchLabel(vch), vm: refString(vch.ref)});
    if (accepted.status === 'refused') return failed(`${accepted.error.code}: ${accepted.error.message}`);
    const {version} = accepted;
    return ok(
      version === APPLIANCE_STAMP
        ? `${version}, the newest that VIC has`
        : `${version}; an upgrade takes it to ${APPLIANCE_STAMP}`,
    );
  },
};

/** Whether an upgrade holds the VCH, or was left unfinished. */
export const lockCheck: VchCheck = {
  id: 'lock',
  title: 'lock and flag',
  judge({vch, appliance}) {
    const {config} = orThrow(appliance);
    const label = vchLabel(vch);
    const holder = readHolder(UPGRADE_LOCK, config);
    if (holder.state !== 'none') {
      const {state, wayOut} = describeHolder(UPGRADE_LOCK, holder, label);
      return failed(`${state}. ${wayOut}`);
    }
    const record = recordOn(config, label);
    if (record === null || record.phase === 'done') return ok('no upgrade in progress');
    return failed(
      `the upgrade of run ${record.run} was begun on ${label} and not finished (phase ${record.phase}); go on with it with vch-migrate resume, or take it back with rollback`,
    );
  },
};

/** For how long docker will not answer. */
export const outageCheck: VchCheck = {
  id: 'outage',
  title: 'expected outage',
  judge({appliance, options: {timeout, shutdownGrace = GRACE}}) {
    const {powerState} = orThrow(appliance);
    const boot = `until its services are ready, at most ${durationText(timeout)} (--timeout); then it is put back`;
    const containers = 'containers run on, and are neither powered nor snapshotted';
    switch (powerState) {
      case 'poweredOn':
        return ok(
          `the appliance alone, as a rule a few minutes: guest shutdown (its power is taken after ${durationText(shutdownGrace)}), one reconfigure, ` +
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
  },
};
