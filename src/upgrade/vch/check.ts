import type {FoundVch} from '../../inventory/find-vch.js';
import type {Session} from '../../vim25/session.js';
import type {UpgradeOptions} from './options.js';
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
}
export async function checkFound(
  _s: Session,
  _f: FoundVch,
  _o: UpgradeOptions,
): Promise<{checks: readonly Check[]}> {
  return {checks: []};
}
