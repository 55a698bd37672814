import {commands} from '../../src/cli/commands.js';
import type {GivenOptions} from '../../src/cli/option.js';
import {optionsOf} from '../../src/cli/parse-command-line.js';

/** A command line's options, as if they had been typed. */
export function given(
  options: Partial<Readonly<Record<string, string | readonly string[] | true>>> = {},
): GivenOptions {
  const map = new Map(Object.entries(options));
  const texts = (name: string) => [map.get(name) ?? []].flat().filter((text) => typeof text === 'string');
  return {
    text: (name) => texts(name).at(-1),
    texts,
    flag: (name) => map.get(name) === true,
    names: Object.keys(optionsOf(commands)).filter((name) => map.has(name)),
  };
}
