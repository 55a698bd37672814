import {
  flag,
  labels,
  list,
  map,
  oneOf,
  optional,
  type Problem,
  type Reading,
  readYaml,
  scalar,
  text,
  whole,
} from './yaml-shape.js';

/** Labels of a vCenter, by which a wave picks it. */
export type Labels = Readonly<Record<string, string>>;

/** A vCenter with the VCHs that belong to the fleet. It has the name of its credentials, and never a secret. */
export type FleetVCenter = Inventory['vcenters'][number];

/** A wave, in the order of the file. */
export type FleetWave = Inventory['waves'][number];

/** When VCHs may begin. */
export type Window = NonNullable<Inventory['window']>;

/** How much may go wrong in a run before nothing begins any more. */
export type Budget = Inventory['budget'];

/** What an inventory file says. */
export type Inventory = {
  readonly [Member in keyof Read]: Read[Member] extends readonly (infer One)[]
    ? readonly One[]
    : Read[Member];
};

type Read = NonNullable<ReturnType<typeof readInventory>['inventory']>;

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const NO_LABELS: Labels = {};

const NAME = text(
  'a name of letters, digits, dots, dashes and underscores, at most 60',
  /^[A-Za-z0-9][\w.-]{0,59}$/,
);
const FILE = text('the path of a file');
const PATTERN = text('a name, in which * stands for any characters');

const url = scalar('the URL of a vCenter, https://host/sdk, without user or password', (value) => {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const {protocol, username, password, pathname, search, hash} = new URL(value);
  const plain = username === '' && password === '' && search === '' && hash === '';
  return protocol === 'https:' && plain && ['/', '/sdk', '/sdk/'].includes(pathname) ? value : undefined;
});

const thumbprint = text(
  'the SHA-256 (64 hex digits) or SHA-1 (40) of a certificate, in quotation marks',
  /^(?:[0-9A-Fa-f]{2}:?){19}[0-9A-Fa-f]{2}$|^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
);

const time = text('a time such as "22:00", in quotation marks', /^(?:[01]\d|2[0-3]):[0-5]\d$/);

const zone = scalar('a time zone such as Europe/Amsterdam', (value) => {
  try {
    return typeof value === 'string' && new Intl.DateTimeFormat('en', {timeZone: value}) ? value : undefined;
  } catch {
    return undefined;
  }
});

const select = map({
  path: optional(PATTERN, null),
  name: optional(PATTERN, null),
  id: optional(text('the moref of an appliance, such as vm-12', /^vm-[\w-]+$/), null),
});

/** A value with a member of this name could be taken for a promise: only the file has it. */
const GATE = 'then';

const inventory = map({
  version: scalar('1, the only version there is', (value) => (value === 1 ? value : undefined)),
  vcenters: list(
    map({
      name: NAME,
      url,
      thumbprint: optional(thumbprint, null),
      ca: optional(FILE, null),
      insecure: optional(flag, false),
      credentials: optional(NAME, null),
      concurrency: optional(whole(1, 64), 2),
      labels: optional(labels, NO_LABELS),
      vchs: optional(list(map({select, except: optional(list(PATTERN), [])})), null),
    }),
  ),
  release: optional(map({applianceIso: FILE, bootstrapIso: FILE}), null),
  waves: optional(
    list(
      map({
        name: NAME,
        count: optional(whole(1, 100_000), null),
        spread: optional(oneOf(['vcenter', 'none']), 'none' as const),
        match: optional(labels, null),
        [GATE]: optional(oneOf(['approve', 'auto']), 'approve' as const),
      }),
    ),
    null,
  ),
  budget: optional(
    map({
      failed: optional(whole(1, 100_000), null),
      unreachable: optional(whole(1, 100_000), null),
      perVcenter: optional(whole(1, 100_000), null),
    }),
    null,
  ),
  window: optional(
    map({days: optional(list(oneOf(DAYS)), DAYS), from: time, to: time, zone: optional(zone, 'UTC')}),
    null,
  ),
});

const ALL = {name: 'all', count: null, spread: 'none' as const, match: null, gate: 'approve' as const};

/** Without a budget, the first VCH that fails holds the run. */
const NO_BUDGET = {failed: 1, unreachable: null, perVcenter: null};

/** Reads an inventory file: `vch-migrate/fleet/v1`, in YAML. All problems are found at once. */
export function readInventory(content: string) {
  const {value, problems} = readYaml(content, inventory, check);
  if (value === null) return {inventory: null, problems};
  const {vcenters, waves, budget, ...rest} = value;
  return {
    problems,
    inventory: {
      ...rest,
      vcenters: vcenters.map((vcenter) => ({...vcenter, credentials: vcenter.credentials ?? vcenter.name})),
      waves: waves?.map(({[GATE]: gate, ...wave}) => ({...wave, gate})) ?? [ALL],
      budget: budget === null ? NO_BUDGET : {...budget, failed: budget.failed ?? 1},
    },
  };
}

/** What no single value shows. */
function check(
  {vcenters, waves, window}: NonNullable<ReturnType<typeof inventory>>,
  reading: Reading,
  nodeAt: (path: readonly (string | number)[]) => unknown,
): void {
  const twice = (list: string, member: string, values: readonly string[]) => {
    for (const [at, value] of values.entries())
      if (values.indexOf(value) < at)
        reading.report(
          nodeAt([list, at, member]),
          `${list}[${at}].${member} is that of ${list}[${values.indexOf(value)}], too`,
        );
  };
  twice(
    'vcenters',
    'name',
    vcenters.map(({name}) => name),
  );
  twice(
    'vcenters',
    'url',
    vcenters.map(({url}) => new URL(url).host),
  );
  twice(
    'waves',
    'name',
    (waves ?? []).map(({name}) => name),
  );
  const logins = vcenters.map(({name, credentials}) => credentials ?? name);
  for (const [at, login] of logins.entries()) {
    const before = logins.findIndex(
      (other, place) => place < at && other !== login && loginVariable(other) === loginVariable(login),
    );
    if (before >= 0)
      reading.report(
        nodeAt(['vcenters', at, vcenters[at]?.credentials === null ? 'name' : 'credentials']),
        `vcenters[${at}]: the credentials ${login} have the variable ${loginVariable(login)}_PASSWORD, as ${logins[before]} of vcenters[${before}] have, so that one could get the password of the other; name them otherwise`,
      );
  }
  for (const [at, {thumbprint, ca, insecure}] of vcenters.entries()) {
    if (insecure && (thumbprint !== null || ca !== null))
      reading.report(
        nodeAt(['vcenters', at, 'insecure']),
        `vcenters[${at}].insecure excludes thumbprint and ca`,
      );
  }
  for (const [at, {match, count, spread}] of (waves ?? []).entries()) {
    for (const [name, wanted] of Object.entries(match ?? {}))
      if (!vcenters.some(({labels}) => labels[name] === wanted))
        reading.report(
          nodeAt(['waves', at, 'match', name]),
          `waves[${at}].match: no vCenter has the label ${name}: ${wanted}`,
        );
    if (spread === 'vcenter' && count === null)
      reading.report(nodeAt(['waves', at, 'spread']), `waves[${at}].spread needs a count`);
    if (match === null && count === null && at < (waves ?? []).length - 1)
      reading.report(
        nodeAt(['waves', at, 'name']),
        `waves[${at}] takes all VCHs that are left, so no wave can follow it; give it a count or a match, or move it to the end`,
      );
  }
  if (window !== null && window.from === window.to)
    reading.report(nodeAt(['window', 'to']), 'window.to is window.from, so the window is never open');
}

/** Where in the environment the login of that name is: this, and `_USER` or `_PASSWORD`. */
export function loginVariable(name: string): string {
  return `VCH_MIGRATE_CRED_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** `fleet.yaml:12:5: vcenters[0].url must be …`, one line a problem, as editors and compilers show them. */
export function problemLines(path: string, problems: readonly Problem[]): readonly string[] {
  return problems.map(({line, column, message}) => `${path}:${line}:${column}: ${message}`);
}
