import type {ConfigValue, ExtraConfig} from '../model/extra-config.js';
import {type Data, data, type List, list, string} from '../soap/value.js';

/** A whole ExtraConfig as an array of OptionValue. */
export function extraConfigList(extraConfig: ExtraConfig): List {
  return list(
    'OptionValue',
    Array.from(extraConfig.entries(), ([key, value]) => optionValue(key, value)),
  );
}

/** One key with its value. */
export function optionValue(key: string, value: ConfigValue): Data {
  return data(
    'OptionValue',
    ['key', string(key)],
    [
      'value',
      typeof value === 'string' ? string(value) : {kind: 'scalar', type: value.type, text: value.value},
      'typed',
    ],
  );
}
