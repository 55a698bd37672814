import {type GivenOptions, OPTION_NAMES, type OptionName} from '../../src/cli/option-table.js';

/** A command line's options, as if they had been typed. */
export function given(options: Partial<Readonly<Record<OptionName, string | true>>> = {}): GivenOptions {
  const map = new Map<string, string | true>(Object.entries(options));
  return {
    text: (name) => {
      const value = map.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => map.get(name) === true,
    names: OPTION_NAMES.filter((name) => map.has(name)),
  };
}
