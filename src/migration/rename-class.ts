import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
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

/** The rename class of a containerVM. */
export function renameClass(config: ExtraConfig): RenameClass {
  return renameSupport(config).class;
}

/** Whether a containerVM can be renamed and keeps the name, and why. */
export function renameSupport(config: ExtraConfig): RenameSupport {
  if (isRenameMarked(config)) return disabled(`${RENAME_DISABLED_KEY} is set`);
  const version = dataVersionOf(config, 'container');
  if (version.status === 'invalid') {
    return disabled(
      `its data version ${JSON.stringify(version.raw)} is not a number, and VIC treats it as 0`,
    );
  }
  if (version.version < RENAME_SUPPORTED_VERSION) {
    return disabled(`its data version ${version.version} is below ${RENAME_SUPPORTED_VERSION}`);
  }
  if (version.version < RENAME_PERSISTED_VERSION) {
    return {
      supported: false,
      class: 'not-persisted-by-vic',
      reason: `VIC accepts a rename at data version ${version.version}, but loses the new name`,
    };
  }
  const tooNew =
    version.version > HIGHEST_DATA_VERSION
      ? `, above ${HIGHEST_DATA_VERSION}, the highest that this release knows, so vch-migrate itself does not rename it`
      : '';
  return {supported: true, class: 'supported', reason: `its data version is ${version.version}${tooNew}`};
}

function disabled(reason: string): RenameSupport {
  return {supported: false, class: 'disabled', reason};
}
