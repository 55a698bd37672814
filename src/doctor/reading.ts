import {hasCode, VchError} from '../errors.js';
import {DOCTOR_PROBES} from '../extraconfig/keys.js';
import {silent} from '../log.js';
import {missingPrivileges} from '../vim25/authorization.js';
import {extraConfigPath, readObjects} from '../vim25/property-collector.js';
import {optionValue, optionValues, refValue, textValue} from '../vim25/property-value.js';
import {reference} from '../vim25/transport.js';
import {child, childrenNamed, childText, type XmlElement, xmlText} from '../vim25/xml.js';
import {type Assumption, type Bench, confirmed, holds, notTried, refuted, type Seen} from './assumption.js';
import {refusedBy} from './refusal.js';

const NO_VM = notTried('the user sees no connected VM to read');

/** What can be seen without a write. */
export const READING: readonly Assumption[] = [
  {
    id: 'keyed-paths',
    title: 'a single key of a VM can be read: config.extraConfig["key"]',
    meaning: 'Keys that are there would look absent, and a containerVM like any other VM.',
    needs: 'reading',
    probe: keyedPaths,
  },
  {
    id: 'missing-key',
    title: 'a key that is not there is absent from the answer, without a fault',
    meaning: 'An absent key could not be told from one that may not be read.',
    needs: 'reading',
    async probe({session, sample: [vm]}) {
      if (vm === undefined) return NO_VM;
      const path = extraConfigPath(DOCTOR_PROBES.absent);
      const [seen] = await readObjects(session, [vm], [path], ({properties, missing}) =>
        holds(
          missing.length === 0 && optionValue(properties.get(path)) === null,
          'absent, without a fault',
          missing[0] === undefined
            ? 'a value came for it'
            : `reported as unreadable: ${missing[0].fault.type}`,
        ),
      );
      return seen ?? NO_VM;
    },
  },
  {
    id: 'paging',
    title: 'pages of an explicit size together hold every object once',
    meaning: 'containerVMs could be missing from what is read.',
    needs: 'reading',
    probe: paging,
  },
  {
    id: 'token-cancel',
    title: 'a page token can be given back (CancelRetrievePropertiesEx)',
    meaning: 'A read that is cut short leaves its token until the logout, which is always sent.',
    needs: 'reading',
    probe: tokenCancel,
  },
  {
    id: 'change-version',
    title: 'every connected VM that is looked at shows a changeVersion',
    meaning: 'A write could not be tied to the reading it was decided on.',
    needs: 'reading',
    async probe({session, sample}) {
      if (sample.length === 0) return NO_VM;
      const versions = await readObjects(session, sample, ['config.changeVersion'], ({properties}) =>
        textValue(properties.get('config.changeVersion')),
      );
      if (versions.length === 0) return NO_VM;
      const without = versions.filter((version) => version === null || version === '').length;
      return holds(
        without === 0,
        `on ${versions.length} VMs`,
        `${without} of ${versions.length} VMs show none`,
      );
    },
  },
  {
    id: 'privileges-by-name',
    title: 'the server says by name which privileges the user has',
    meaning:
      'The row privileges of check proves nothing. What is missing shows at the first write, as VCH_ERR_PRIVILEGE.',
    needs: 'reading',
    probe: privilegesByName,
  },
  {
    id: 'clock',
    title: "the server's clock is within a minute of this machine's",
    meaning: 'Times of vCenter and of reports differ. No lock goes by a clock: its owner counts.',
    needs: 'reading',
    async probe(bench) {
      const difference = await clockDifference(bench);
      if (difference === null) return refuted('the server tells no time');
      const seconds = Math.round(difference / 1000);
      return holds(Math.abs(difference) <= 60_000, `${seconds} s apart`, `${seconds} s apart`);
    },
  },
  {
    id: 'session',
    title: 'a login that has ended is answered with NotAuthenticated, and a new one replaces it',
    meaning:
      'A run whose login the server ends would stop in the middle, perhaps while the VCH is down, and would have to be resumed.',
    needs: 'reading',
    probe: loginEnds,
  },
];

/** Milliseconds by which the server's clock is ahead; `null` if it tells no time. */
export async function clockDifference({
  session,
  wallClock,
}: Pick<Bench, 'session' | 'wallClock'>): Promise<number | null> {
  const before = wallClock();
  let answer: XmlElement;
  try {
    answer = await session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'});
  } catch (error) {
    if (refusedBy(error) === null) throw error;
    return null;
  }
  const server = Date.parse(childText(answer, 'returnval') ?? '');
  return Number.isNaN(server) ? null : server - (before + wallClock()) / 2;
}

async function keyedPaths({session, sample}: Bench): Promise<Seen> {
  for (const vm of sample) {
    const [option] = await readObjects(session, [vm], ['config.extraConfig'], ({properties}) =>
      optionValues(properties.get('config.extraConfig')).find(
        ({key, value}) => value !== '' && !/["\]]/.test(key),
      ),
    );
    if (option === undefined) continue;
    const path = extraConfigPath(option.key);
    const [alone] = await readObjects(session, [vm], [path], ({properties, missing}) => ({
      value: optionValue(properties.get(path))?.value,
      fault: missing[0]?.fault.type,
    }));
    return holds(
      alone?.value === option.value,
      'the same value as in the whole',
      alone?.fault === undefined
        ? 'not the value that the whole has'
        : `reported as unreadable: ${alone.fault}`,
    );
  }
  return sample.length === 0 ? NO_VM : notTried('the VMs that were looked at have no keys');
}

async function paging({session, sample}: Bench): Promise<Seen> {
  if (sample.length < 2) return notTried('it takes two VMs at least');
  const seen: string[] = [];
  let pages = 0;
  let answer = await firstPage({session, sample});
  for (;;) {
    const result = child(answer, 'returnval');
    pages += 1;
    seen.push(...morefsIn(result));
    const token = childText(result, 'token');
    if (token === undefined || pages > sample.length) break;
    try {
      answer = await session.call('ContinueRetrievePropertiesEx', session.content.propertyCollector, {
        token: xmlText(token),
      });
    } catch (error) {
      // Every reading of ours goes the same way then.
      if (pages > 1 || !(error instanceof VchError) || error.fault !== 'NoPermission') throw error;
      const all = morefsIn(
        await session.call('RetrieveProperties', session.content.propertyCollector, {
          specSet: namesOf(sample),
        }),
      );
      const counts = `${all.length} of ${sample.length} objects`;
      return holds(
        isWhole(all, sample),
        `further pages are refused, as by vCenter 7.0.3 to 8.0.2, and RetrieveProperties gives ${counts}`,
        `further pages are refused, and RetrieveProperties gives ${counts}`,
      );
    }
  }
  const counts = `${seen.length} of ${sample.length} objects on ${pages} page${pages === 1 ? '' : 's'}`;
  return holds(isWhole(seen, sample), counts, counts);
}

function isWhole(seen: readonly string[], sample: Bench['sample']): boolean {
  return seen.length === sample.length && sample.every(({value}) => seen.includes(value));
}

/** The objects of an answer, in whatever it wraps each of them. */
function morefsIn(result: XmlElement | undefined): readonly string[] {
  const objects = [...childrenNamed(result, 'objects'), ...childrenNamed(result, 'returnval')];
  return objects.flatMap((object) => refValue(child(object, 'obj'))?.value ?? []);
}

function namesOf(sample: Bench['sample']) {
  return [
    {
      propSet: [{type: 'VirtualMachine', all: false, pathSet: [xmlText('name')]}],
      objectSet: sample.map((vm) => ({obj: reference(vm), skip: false})),
    },
  ];
}

/** The first page of the sample's names, one object long. */
function firstPage({session, sample}: Pick<Bench, 'session' | 'sample'>) {
  return session.call('RetrievePropertiesEx', session.content.propertyCollector, {
    specSet: namesOf(sample),
    options: {maxObjects: 1},
  });
}

async function tokenCancel({session, sample}: Bench): Promise<Seen> {
  const token = childText(child(await firstPage({session, sample}), 'returnval'), 'token');
  if (token === undefined) return notTried('the server gave no token');
  try {
    await session.call('CancelRetrievePropertiesEx', session.content.propertyCollector, {
      token: xmlText(token),
    });
  } catch (error) {
    const fault = refusedBy(error);
    if (fault === null) throw error;
    return refuted(`the server answered ${fault}`);
  }
  try {
    await session.call('ContinueRetrievePropertiesEx', session.content.propertyCollector, {
      token: xmlText(token),
    });
  } catch (error) {
    return refusedBy(error) === null
      ? notTried('it was taken back, and whether it still gives a page could not be seen')
      : confirmed('it was taken back');
  }
  return refuted('it was taken back, and still gives a page');
}

/** On a login of its own. */
async function loginEnds({session}: Bench): Promise<Seen> {
  const other = await session.another(silent);
  try {
    await other.call('Logout', other.content.sessionManager);
    await other.reach();
    return holds(
      other.generation === 1,
      'it was, and the next login was taken',
      'a call after the logout was answered as if the login still held',
    );
  } catch (error) {
    if (!hasCode(error, 'VCH_ERR_AUTH')) throw error;
    return refuted(`the login after it was refused: ${error.fault ?? error.code}`);
  } finally {
    await other.close();
  }
}

const NO_SUCH = 'VchMigrate.NoSuchPrivilege';
const EVERYBODYS = 'System.Anonymous';

async function privilegesByName({session}: Bench): Promise<Seen> {
  const missingOf = async (...privileges: readonly string[]) =>
    (await missingPrivileges(session, [session.content.rootFolder], privileges))?.flatMap(
      ({privileges}) => privileges,
    ) ?? null;
  // vCenter may refuse the name itself: it knows its privileges.
  const missing = await missingOf(EVERYBODYS, NO_SUCH).catch((error: unknown) => {
    if (error instanceof VchError && error.fault === 'InvalidArgument') return undefined;
    throw error;
  });
  if (missing === null) return refuted('the server cannot be asked, as is usual on ESXi');
  if ((missing ?? (await missingOf(EVERYBODYS)))?.includes(EVERYBODYS) !== false)
    return notTried('it denies what everybody has: nothing can be told by that');
  if (missing === undefined) return confirmed('it refuses a name that does not exist');
  return holds(
    missing.includes(NO_SUCH),
    'it tells one that exists from one that does not',
    'it grants a privilege that does not exist',
  );
}
