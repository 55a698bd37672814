import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import {
  dataVersionOf,
  HIGHEST_DATA_VERSION,
  RENAME_PERSISTED_VERSION,
  RENAME_SUPPORTED_VERSION,
} from './data-version.js';

// Why: docs/decisions/009-rename-follows-docker.md

/** What `docker rename` means for a containerVM: VIC's gate by data version, and our mark. */
export type RenameClass = 'disabled' | 'not-persisted-by-vic' | 'supported';

/** Whether a containerVM can be renamed, and why. */
export interface RenameSupport {
  readonly supported: boolean;
  readonly class: RenameClass;
  readonly reason: string;
}

/** Whether a containerVM has the mark, whoever set it: every value except a word for false counts. */
export function isRenameMarked(config: ExtraConfig): boolean {
  return !isFalse(config[RENAME_DISABLED_KEY]);
}

/** Whether a containerVM can be renamed and keeps the name, and why. */
export function renameSupport(config: ExtraConfig): RenameSupport {
  const is = (renameClass: RenameClass, reason: string) => ({
    supported: renameClass === 'supported',
    class: renameClass,
    reason,
  });
  if (isRenameMarked(config)) return is('disabled', `${RENAME_DISABLED_KEY} is set`);
  const version = dataVersionOf(config, 'container');
  if (version === null) {
    const raw = JSON.stringify(config[DATA_VERSION_KEY.container]);
    return is('disabled', `its data version ${raw} is not a number, and VIC treats it as 0`);
  }
  if (version < RENAME_SUPPORTED_VERSION)
    return is('disabled', `its data version ${version} is below ${RENAME_SUPPORTED_VERSION}`);
  if (version < RENAME_PERSISTED_VERSION)
    return is(
      'not-persisted-by-vic',
      `VIC accepts a rename at data version ${version}, but loses the new name`,
    );
  const tooNew = `, above ${HIGHEST_DATA_VERSION}, the highest that this release knows, so vch-migrate itself does not rename it`;
  return is('supported', `its data version is ${version}${version > HIGHEST_DATA_VERSION ? tooNew : ''}`);
}
