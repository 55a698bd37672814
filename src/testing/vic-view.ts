import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {
  APPLIANCE_VERSION_KEY,
  activeKey,
  BUILD_KEY,
  CREATETIME_KEY,
  DATA_VERSION_KEY,
  ID_KEY,
  NAME_KEYS,
  SESSIONS_KEY,
  startedKey,
  UPDATE_IN_PROGRESS_KEY,
} from '../extraconfig/keys.js';
import {decodeValue, isFalse, listEntries, parseDataVersion, textOf} from '../extraconfig/value.js';
import {renameSupport} from '../migration/rename-class.js';

/** A value as VIC reads it: `<nil>` is an empty string; `null` if the key is absent. */
export function vicValue(config: ExtraConfig, key: string): string | null {
  const raw = config[key];
  return raw === undefined ? null : decodeValue(raw);
}

/** The entries of a list as VIC reads them: of a key that ends in `~`, or of the names of a map's members. */
export function vicList(config: ExtraConfig, key: string): readonly string[] {
  return listEntries(config[key] ?? '');
}

/** A containerVM as VIC reads it. */
export function containerAsVic(config: ExtraConfig) {
  const hidden = textOf(config, NAME_KEYS.container.hidden);
  const visible = textOf(config, NAME_KEYS.container.legacy);
  return {
    id: textOf(config, ID_KEY.container),
    /** The hidden name counts, where there is one. */
    name: hidden ?? visible,
    hiddenName: hidden,
    /** What the guest sees. */
    visibleName: visible,
    dataVersion: parseDataVersion(config[DATA_VERSION_KEY.container]),
    rename: renameSupport(config),
    createTime: textOf(config, CREATETIME_KEY),
  };
}

/** An appliance as VIC reads it. */
export function applianceAsVic(config: ExtraConfig) {
  return {
    id: textOf(config, ID_KEY.appliance),
    name: textOf(config, NAME_KEYS.appliance.hidden) ?? textOf(config, NAME_KEYS.appliance.legacy),
    version: textOf(config, APPLIANCE_VERSION_KEY),
    build: textOf(config, BUILD_KEY.appliance),
    dataVersion: parseDataVersion(config[DATA_VERSION_KEY.appliance]),
    updateInProgress: !isFalse(config[UPDATE_IN_PROGRESS_KEY]),
    sessions: vicList(config, SESSIONS_KEY).map((name) => ({
      name,
      isActive: !isFalse(config[activeKey(name)]),
      isStarted: vicValue(config, startedKey(name)) === 'true',
    })),
  };
}
