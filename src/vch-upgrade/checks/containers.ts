import {counted} from '../../counted.js';
import {stopsUpgrade} from '../containers.js';
import {type CheckedVch, failed, named, ok, type Verdict, warning} from './verdict.js';

/** Checks that there are as many containerVMs as the user expects. */
export function checkNumber({containers: {length: found}, options: {expect: expected}}: CheckedVch): Verdict {
  if (expected === undefined)
    return ok(`${counted(found, 'containerVM')}; --expect N would check the number`);
  if (found === expected) return ok(`${counted(found, 'containerVM')}, as expected`);
  return failed(
    `${counted(found, 'containerVM')}, and --expect says ${expected}; see them with vch-migrate status`,
  );
}

/** Checks that the configuration of every containerVM can be read. */
export function checkReach({containers}: CheckedVch): Verdict {
  const away = containers.filter(({status}) => status === 'unreachable');
  if (away.length === 0) return ok('every containerVM can be read');
  return warning(
    `${counted(away.length, 'containerVM')} cannot be read and would not be changed: ${named(away)}. ` +
      'Bring their hosts and datastores back first, or run vch-migrate apply later',
  );
}

/** Checks that no containerVM stops the upgrade. */
export function checkData({containers}: CheckedVch): Verdict {
  const stopping = containers.filter(stopsUpgrade);
  const [first] = stopping;
  if (first === undefined) return ok('no containerVM is too new or would fail');
  return failed(
    `${counted(stopping.length, 'containerVM')} would stop the upgrade before its appliance is touched: ${named(stopping)}; ` +
      `the first because of ${first.error?.code ?? first.status}: ${first.error?.message ?? 'it failed'}`,
  );
}

/** Shows which containerVMs an upgrade would leave as they are. */
export function checkRefusals({containers}: CheckedVch): Verdict {
  const refused = containers.filter(
    (vm) => (vm.status === 'refused' || vm.status === 'conflict') && !stopsUpgrade(vm),
  );
  if (refused.length === 0) return ok('no containerVM would be refused');
  const codes = [...new Set(refused.map(({error, status}) => error?.code ?? status))].sort().join(', ');
  return warning(
    `${counted(refused.length, 'containerVM')} would be refused (${codes}) and not changed: ${named(refused)}; the upgrade ends with exit 3`,
  );
}
