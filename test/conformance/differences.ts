import type {Dump, DumpedVm} from '../peers/vcsim.js';

/** What differs of one VM between two dumps: key or property, to the values then and now. */
export type VmDifference = Readonly<Record<string, readonly [string | undefined, string | undefined]>>;

/** What differs between two dumps, by moref; empty where nothing does. */
export function differences(before: Dump, after: Dump): Readonly<Record<string, VmDifference>> {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  const found: Record<string, VmDifference> = {};
  for (const id of ids) {
    const difference = vmDifference(flat(before[id]), flat(after[id]));
    if (Object.keys(difference).length > 0) found[id] = difference;
  }
  return found;
}

function vmDifference(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): VmDifference {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...keys]
      .filter((key) => before[key] !== after[key])
      .map((key) => [key, [before[key], after[key]] as const]),
  );
}

/** A VM as one map; an absent VM as an empty one. */
function flat(vm: DumpedVm | undefined): Readonly<Record<string, string>> {
  if (vm === undefined) return {};
  const {extraConfig, ...properties} = vm;
  return {
    ...Object.fromEntries(Object.entries(properties).map(([name, value]) => [`(${name})`, String(value)])),
    ...extraConfig,
  };
}
