import {VchError} from '../errors.js';
import {DOCTOR_PROBES} from '../extraconfig/keys.js';
import {missingPrivileges} from '../vim25/authorization.js';
import {extraConfigPath, readObjects} from '../vim25/property-collector.js';
import {optionValue, optionValues, refValue, textValue} from '../vim25/property-value.js';
import {reference} from '../vim25/transport.js';
import {child, childrenNamed, childText, xmlText} from '../vim25/xml.js';
import {type Assumption, type Bench, confirmed, holds, notTried, refuted, type Seen} from './assumption.js';

/** Commands that read single keys of containerVMs. */
const READERS = [
  'plan',
  'apply',
  'undo',
  'verify',
  'status',
  'audit',
  'rename',
  'check',
  'upgrade',
  'rollback',
  'resume',
  'rehearse',
  'dump',
];
/** Commands that write guarded by a changeVersion. */
export const WRITERS = ['apply', 'undo', 'rename', 'upgrade', 'rollback', 'resume', 'unlock'];

const NO_VM = notTried('the user sees no connected VM to read');

/** What can be seen without a write. */
export const READING: readonly Assumption[] = [
  {
    id: 'keyed-paths',
    title: 'a single key of a VM can be read: config.extraConfig["key"]',
    meaning: 'Keys that are there would look absent, and a containerVM like any other VM.',
    stops: READERS,
    needs: 'reading',
    probe: keyedPaths,
  },
  {
    id: 'missing-key',
    title: 'a key that is not there is absent from the answer, without a fault',
    meaning: 'An absent key could not be told from one that may not be read.',
    stops: READERS,
    needs: 'reading',
    async probe({session, sample: [vm]}) {
      if (vm === undefined) return NO_VM;
      const path = extraConfigPath(DOCTOR_PROBES.absent);
      const [seen] = await readObjects(session, [vm], [path], ({properties, missing}) =>
        holds(
          missing.length === 0 && optionValue(properties.get(path)) === null,
          'absent, without a fault',
          missing.length > 0 ? 'reported as unreadable' : 'a value came for it',
        ),
      );
      return seen ?? NO_VM;
    },
  },
  {
    id: 'paging',
    title: 'pages of an explicit size together hold every object once',
    meaning: 'containerVMs could be missing from what is read.',
    stops: READERS,
    needs: 'reading',
    probe: paging,
  },
  {
    id: 'token-cancel',
    title: 'a page token can be given back (CancelRetrievePropertiesEx)',
    meaning: 'A read that is cut short leaves its token until the logout, which is always sent.',
    stops: [],
    needs: 'reading',
    probe: tokenCancel,
  },
  {
    id: 'change-version',
    title: 'every connected VM shows a changeVersion',
    meaning: 'A write could not be tied to the reading it was decided on.',
    stops: WRITERS,
    needs: 'reading',
    async probe({session, sample}) {
      if (sample.length === 0) return NO_VM;
      const versions = await readObjects(session, sample, ['config.changeVersion'], ({properties}) =>
        textValue(properties.get('config.changeVersion')),
      );
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
    stops: [],
    needs: 'reading',
    probe: privilegesByName,
  },
  {
    id: 'clock',
    title: "the server's clock is within a minute of this machine's",
    meaning: 'Times of vCenter and of reports differ. No lock goes by a clock: its owner counts.',
    stops: [],
    needs: 'reading',
    async probe(bench) {
      const difference = await clockDifference(bench);
      if (difference === null) return notTried('the server told no time');
      const seconds = Math.round(difference / 1000);
      return holds(Math.abs(difference) <= 60_000, `${seconds} s apart`, `${seconds} s apart`);
    },
  },
];

/** Milliseconds by which the server's clock is ahead; `null` if it tells no time. */
export async function clockDifference({
  session,
  wallClock,
}: Pick<Bench, 'session' | 'wallClock'>): Promise<number | null> {
  const before = wallClock();
  const answer = await session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'});
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
    const [alone] = await readObjects(session, [vm], [path], ({properties}) =>
      optionValue(properties.get(path)),
    );
    return holds(
      alone?.value === option.value,
      'the same value as in the whole',
      'not the value that the whole has',
    );
  }
  return NO_VM;
}

async function paging({session, sample}: Bench): Promise<Seen> {
  if (sample.length < 2) return notTried('it takes two VMs at least');
  const seen: string[] = [];
  let pages = 0;
  let answer = await firstPage({session, sample});
  for (;;) {
    const result = child(answer, 'returnval');
    pages += 1;
    seen.push(
      ...childrenNamed(result, 'objects').flatMap((object) => refValue(child(object, 'obj'))?.value ?? []),
    );
    const token = childText(result, 'token');
    if (token === undefined || pages > sample.length) break;
    answer = await session.call('ContinueRetrievePropertiesEx', session.content.propertyCollector, {
      token: xmlText(token),
    });
  }
  const whole = seen.length === sample.length && new Set(seen).size === sample.length;
  const counts = `${seen.length} of ${sample.length} objects on ${pages} pages`;
  return holds(whole && pages > 1, counts, counts);
}

/** The first page of the sample's names, one object long. */
function firstPage({session, sample}: Pick<Bench, 'session' | 'sample'>) {
  return session.call('RetrievePropertiesEx', session.content.propertyCollector, {
    specSet: [
      {
        propSet: [{type: 'VirtualMachine', all: false, pathSet: [xmlText('name')]}],
        objectSet: sample.map((vm) => ({obj: reference(vm), skip: false})),
      },
    ],
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
    return confirmed('it was taken back');
  } catch (error) {
    if (!(error instanceof VchError) || error.fault === undefined) throw error;
    return refuted(`the server answered ${error.fault}`);
  }
}

const NO_SUCH = 'VchMigrate.NoSuchPrivilege';

async function privilegesByName({session}: Bench): Promise<Seen> {
  try {
    const missing = await missingPrivileges(session, [session.content.rootFolder], ['System.View', NO_SUCH]);
    if (missing === null) return notTried('the server cannot be asked, as is usual on ESXi');
    const named = missing.flatMap(({privileges}) => privileges);
    return holds(
      named.includes(NO_SUCH),
      'it tells one that exists from one that does not',
      'it grants a privilege that does not exist',
    );
  } catch (error) {
    // vCenter refuses the name itself: it knows its privileges.
    if (error instanceof VchError && error.fault === 'InvalidArgument')
      return confirmed('it refuses a name that does not exist');
    throw error;
  }
}
