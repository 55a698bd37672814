import {type GivenOptions, OPTION_NAMES, type OptionName} from '../../src/cli/option-table.js';

/** A command line's options, as if they had been typed. */
export function given(
  options: Partial<Readonly<Record<OptionName, string | readonly string[] | true>>> = {},
): GivenOptions {
  const map = new Map(Object.entries(options));
  const texts = (name: OptionName) => [map.get(name) ?? []].flat().filter((text) => typeof text === 'string');
  return {
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => map.get(name) === true,
    names: OPTION_NAMES.filter((name) => map.has(name)),
  };
}
