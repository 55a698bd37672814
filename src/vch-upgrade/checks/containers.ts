import {stopsUpgrade} from '../containers.js';
import {counted, failed, named, ok, type VchCheck, warning} from './verdict.js';

/** Whether there are as many containerVMs as the user expects. */
export const expectedCheck: VchCheck = {
  id: 'expect',
  title: 'number of containerVMs',
  judge({containers: {length: found}, options: {expect: expected}}) {
    if (expected === undefined) return ok(`${counted(found, 'containerVM')}; --expect N makes sure of it`);
    if (found === expected) return ok(`${counted(found, 'containerVM')}, as expected`);
    return failed(
      `${counted(found, 'containerVM')}, and --expect says ${expected}; see them with vch-migrate status`,
    );
  },
};

/** Whether the configuration of every containerVM can be read. */
export const reachableCheck: VchCheck = {
  id: 'reach',
  title: 'reach of the containerVMs',
  judge({containers}) {
    const away = containers.filter(({status}) => status === 'unreachable');
    if (away.length === 0) return ok('every containerVM can be read');
    return warning(
      `${counted(away.length, 'containerVM')} cannot be read: ${named(away)}; left as before. ` +
        'Bring hosts and datastores back first, or take them up later with vch-migrate apply',
    );
  },
};

/** Whether a containerVM stops the upgrade before the appliance is touched. */
export const stoppingCheck: VchCheck = {
  id: 'containers',
  title: 'data of the containerVMs',
  judge({containers}) {
    const stopping = containers.filter(stopsUpgrade);
    const [first] = stopping;
    if (first === undefined) return ok('no containerVM is too new, or failed');
    return failed(
      `${counted(stopping.length, 'containerVM')} would stop the upgrade before its appliance is touched: ${named(stopping)}; ` +
        `the first because of ${first.error?.code ?? first.status}: ${first.error?.message ?? 'it failed'}`,
    );
  },
};

/** Which containerVMs an upgrade would leave as they are. */
export const refusedCheck: VchCheck = {
  id: 'refused',
  title: 'refusals',
  judge({containers}) {
    const refused = containers.filter(
      (vm) => (vm.status === 'refused' || vm.status === 'conflict') && !stopsUpgrade(vm),
    );
    if (refused.length === 0) return ok('no containerVM would be refused');
    const codes = [...new Set(refused.map(({error, status}) => error?.code ?? status))].sort().join(', ');
    return warning(
      `${counted(refused.length, 'containerVM')} would be refused (${codes}) and left as before: ${named(refused)}; the upgrade ends with exit 3`,
    );
  },
};
