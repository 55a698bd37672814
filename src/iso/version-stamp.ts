/** What VIC stamps into its ISO files, and reads back: `v1.5.6-20000-0a1b2c3`. */
export interface VersionStamp {
  /** `v1.5.6`, `v1.4.0-rc2`. */
  readonly version: string;
  /** Whole number, as text. */
  readonly buildNumber: string;
  /** `null` if the stamp has none. */
  readonly gitCommit: string | null;
}

/**
 * Reads the last word of an ISO 9660 publisher identifier; `null` if it is not a stamp of VIC's. The stamp becomes part of
 * a file name, so nothing else may pass.
 */
export function parseVersionStamp(publisher: string): VersionStamp | null {
  const stamp = publisher.trim().split(/\s+/).at(-1) ?? '';
  const fields = stamp.split('-');
  const build = buildAt(fields);
  if (build === null) return null;
  const version = fields.slice(0, build).join('-');
  const buildNumber = fields[build] ?? '';
  const gitCommit = fields[build + 1] ?? null;
  if (!/^v?\d[\w.+-]*$/.test(version) || !(gitCommit === null || /^\w+$/.test(gitCommit))) return null;
  return {version, buildNumber, gitCommit};
}

/** Where the build number is: last, or before the commit. A commit may happen to be all digits. */
function buildAt(fields: readonly string[]): number | null {
  const last = fields.length - 1;
  const isNumber = (at: number) => at > 0 && /^\d+$/.test(fields[at] ?? '');
  if (!isNumber(last)) return isNumber(last - 1) ? last - 1 : null;
  return isNumber(last - 1) && (fields[last]?.length ?? 0) >= SHORTEST_COMMIT ? last - 1 : last;
}

/** Git abbreviates commits to at least this many digits. */
const SHORTEST_COMMIT = 7;

/** The stamp as VIC writes it. */
export function versionText({version, buildNumber, gitCommit}: VersionStamp): string {
  return [version, buildNumber, ...(gitCommit === null ? [] : [gitCommit])].join('-');
}

/**
 * Compares builds as VIC does, by their numbers alone: below, at or above 0. `null` if one of them is not a whole number.
 */
export function compareBuilds(a: string | null, b: string | null): number | null {
  const [first, second] = [a, b].map(numberOf);
  if (first === undefined || second === undefined) return null;
  return first < second ? -1 : first > second ? 1 : 0;
}

/** A release of VIC, as an appliance, a containerVM or an ISO file names it. */
export interface Release {
  readonly version: string | null;
  readonly build: string | null;
}

/**
 * Compares releases: below, at or above 0. A patch of an older version can have the higher build number, so the version
 * decides. The build decides only between equal versions, or if one of them cannot be read.
 */
export function compareReleases(a: Release, b: Release): number | null {
  const order = compareVersions(a.version, b.version) ?? 0;
  return order === 0 ? compareBuilds(a.build, b.build) : order;
}

/** Compares `v1.4.0-rc2` and the like; `null` if one of them is not a version. Suffixes other than `-rc2` are ignored. */
function compareVersions(a: string | null, b: string | null): number | null {
  const [first, second] = [a, b].map(versionNumbers);
  if (first === undefined || second === undefined) return null;
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    const difference = (first[at] ?? 0) - (second[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

/** Major, minor, patch, and the number of the release candidate; the final version follows all candidates. */
function versionNumbers(version: string | null): number[] | undefined {
  const [whole, major, minor, patch, rc] =
    /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-rc(\d+))?(?![\d.])/i.exec(version ?? '') ?? [];
  if (whole === undefined) return undefined;
  return [
    ...[major, minor, patch].map((number) => Number(number ?? 0)),
    rc === undefined ? Number.MAX_SAFE_INTEGER : Number(rc),
  ];
}

/** A number of any length: VIC's own builds count up, other builds use a date. */
function numberOf(build: string | null): bigint | undefined {
  return build !== null && /^[+-]?\d+$/.test(build) ? BigInt(build.replace('+', '')) : undefined;
}
