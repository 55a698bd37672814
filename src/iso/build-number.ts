/**
 * Compares builds as VIC does, by their numbers alone: below, at or above 0. `null` where one of them is no whole
 * number.
 */
export function compareBuilds(a: string | null, b: string | null): number | null {
  const [first, second] = [a, b].map(numberOf);
  if (first === undefined || second === undefined) return null;
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Of any length: VIC's own numbers come from a counter, those of others from a date. */
function numberOf(build: string | null): bigint | undefined {
  return build !== null && /^[+-]?\d+$/.test(build) ? BigInt(build.replace('+', '')) : undefined;
}
