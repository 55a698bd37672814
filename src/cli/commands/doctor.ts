import type {Scratch} from '../../doctor/doctor.js';
import type {Leftover} from '../../doctor/leftover.js';
import {VchError} from '../../errors.js';
import {wrap} from '../../report/width.js';
import {untilStopped} from '../../stopping.js';
import type {Session} from '../../vim25/session.js';
import {listingCommand} from '../command.js';
import {keepResult, lookAgain} from '../doctor-result.js';
import {EXIT} from '../exit.js';
import {flag, type Option, text, type Values, wholeNumber, withDefault} from '../option.js';
import {runOptions} from '../options.js';

const VMS = 8;

/** Without `--scratch` it would do nothing. */
function ofScratch<T>(option: Option<T>): Option<T> {
  return {
    ...option,
    read(given, name, problems) {
      if (given.names.includes(name) && !given.flag('scratch'))
        problems.add(`--${name} does nothing without --scratch`);
      return option.read(given, name, problems);
    },
  };
}

/** It makes VMs nowhere but where it was told to. */
function withPlace(option: Option<boolean>): Option<boolean> {
  return {
    ...option,
    read(given, name, problems) {
      const value = option.read(given, name, problems);
      const place = ['scratch-folder', 'scratch-pool'];
      // A settings file may have a place, for whenever no VM is named.
      const isTyped = (wanted: string) => given.names.includes(wanted);
      const isKnown = (wanted: string) => given.text(wanted) !== undefined;
      if (value && isTyped('scratch-vm') && place.some(isTyped))
        problems.add(
          '--scratch-vm names a VM of yours; without it --scratch-folder and --scratch-pool say where VMs are made',
        );
      if (value && !isKnown('scratch-vm') && !place.every(isKnown))
        problems.add(
          '--scratch needs --scratch-folder and --scratch-pool, or --scratch-vm: it makes VMs nowhere else',
        );
      return value;
    },
  };
}

const doctorOptions = {
  scratch: withPlace(
    flag('Command:', 'Also try what takes a write, on VMs without a disk that it makes and removes'),
  ),
  'scratch-folder': ofScratch(
    text('Command:', 'VM folder to make them in: its name, the end of its path, or its id', {
      value: 'FOLDER',
    }),
  ),
  'scratch-pool': ofScratch(
    text('Command:', 'Resource pool to make them in; a cluster stands for its own pool', {
      value: 'POOL',
    }),
  ),
  'scratch-datastore': ofScratch(
    text('Command:', 'Datastore for their files, if the cluster has several', {
      value: 'NAME',
    }),
  ),
  'scratch-vms': ofScratch(
    withDefault(
      wholeNumber(
        text(
          'Command:',
          `How many to make, 1 to ${VMS}, to find out how many writes go well at once (default ${VMS})`,
          {value: 'N'},
        ),
        1,
        VMS,
      ),
      VMS,
    ),
  ),
  'scratch-vm': ofScratch(
    text(
      'Command:',
      'A VM of yours instead: powered off, without disks and snapshots, and needed by nobody',
      {
        value: 'NAME',
      },
    ),
  ),
  yes: runOptions.yes,
};

/** Whether what this tool stands on holds on a vCenter or ESXi. */
export const doctor = listingCommand({
  name: 'doctor',
  summary:
    'Check on your own vCenter or ESXi what this tool stands on: reads only, or with --scratch on VMs that it makes and removes',
  options: doctorOptions,
  examples: [
    ['doctor -t vc.example -u admin', 'reads only'],
    [
      'doctor -t vc.example -u admin --scratch --scratch-folder lab --scratch-pool cluster1/lab --report doctor.json',
      'everything, after a question that lists each write',
    ],
  ],
  exits: {
    0: 'nothing that was tried is refuted',
    1: 'it could not be finished',
    3: 'something that the tool stands on does not hold there',
  },
  writes: ({scratch}) => scratch,
  async run(session, {context, settings, runId, line}, {own}) {
    const {terminal, stop, log, now, version} = context;
    const [{examine}, leftover, place, {writesOf}, {doctorText}] = await Promise.all([
      import('../../doctor/doctor.js'),
      import('../../doctor/leftover.js'),
      import('../../doctor/scratch-place.js'),
      import('../../doctor/writes.js'),
      import('../../report/doctor.js'),
    ]);
    const {signal} = stop;
    const found = await untilStopped(signal, () => leftover.findLeftovers(session));
    const again = own.scratch ? line('doctor', null, {words: typed(own)}) : await lookAgain(session, line);
    const wanted = await scratchFor(session, own, found, place);
    if (wanted !== undefined && !own.yes) {
      const {folder = '', pool = ''} = placeIn(own) ?? {};
      const where =
        wanted.kind === 'named'
          ? {kind: 'named' as const, name: own['scratch-vm'] ?? ''}
          : {kind: 'own' as const, count: wanted.count, folder, pool, datastore: wanted.place.datastore};
      const writes = writesOf(where, found).flatMap(({what}) =>
        wrap(what, terminal.columns, '    ').map((text, at) =>
          at === 0 ? text.replace(/^ {4}/, '  - ') : text,
        ),
      );
      const answer = await terminal.ask(
        `doctor on ${session.url.href} does this, and nothing else:\n${writes.join('\n')}\nContinue? [y/N] `,
        signal,
      );
      if (!/^\s*y(es)?\s*$/i.test(answer))
        throw new VchError(
          signal.aborted ? 'VCH_ERR_INTERRUPTED' : 'VCH_ERR_USAGE',
          'nothing was written; without --scratch doctor only reads',
        );
    }
    const leftovers = wanted === undefined ? found : await leftover.removeLeftovers(session, {log, signal});
    for (const left of leftovers) log.warn(leftover.leftoverText(left, again));
    const {result, problem} = await examine(session, {
      runId,
      toolVersion: version,
      // What was cleaned up has changed it.
      scratch: wanted?.kind === 'named' ? await scratchFor(session, own, leftovers, place) : wanted,
      leftovers,
      signal,
      log,
      now,
    });
    if (signal.aborted && problem !== null) throw problem;
    if (signal.aborted)
      throw new VchError(
        'VCH_ERR_INTERRUPTED',
        'stopped; what it made is removed. Run the same command again',
      );
    if (settings.target.kind === 'vsphere') keepResult(result, terminal.variables, log);
    const isRefuted = result.assumptions.some(({status}) => status === 'refuted');
    const isStopped = result.assumptions.some(({stops}) => stops.length > 0);
    const [next, masked] = isStopped
      ? [READ_DOCS, READ_DOCS]
      : result.scratch
        ? [line('check', null), 'vch-migrate check']
        : [`${TRY_THE_REST}: ${again}`, `${TRY_THE_REST}: ${WITHOUT_NAMES}`];
    const document = {...result, next: masked};
    if (problem !== null) log.error(`${problem.code}: ${problem.message}`);
    const exit = problem !== null ? EXIT.failed : isRefuted ? EXIT.partly : EXIT.done;
    return {document, next, text: doctorText(document), exit};
  },
});

const READ_DOCS = 'read docs/doctor.md on what does not hold; attach the JSON to an issue: it has no names';
const TRY_THE_REST = 'try the rest on VMs of its own, after a question';
const WITHOUT_NAMES = 'vch-migrate doctor --scratch --scratch-folder FOLDER --scratch-pool POOL';

type Own = Values<typeof doctorOptions>;

/** On which VMs it may write; `undefined` if on none. */
async function scratchFor(
  session: Session,
  own: Own,
  found: readonly Leftover[],
  place: typeof import('../../doctor/scratch-place.js'),
): Promise<Scratch | undefined> {
  if (!own.scratch) return undefined;
  if (own['scratch-vm'] !== undefined)
    return {kind: 'named', vm: await place.findScratchVm(session, own['scratch-vm'], found)};
  const wanted = placeIn(own);
  if (wanted === undefined) return undefined;
  return {kind: 'own', place: await place.findPlace(session, wanted), count: own['scratch-vms']};
}

function placeIn({'scratch-folder': folder, 'scratch-pool': pool, 'scratch-datastore': datastore}: Own) {
  return folder === undefined || pool === undefined ? undefined : {folder, pool, datastore};
}

/** The options of its own that were typed. */
function typed(own: Own): readonly string[] {
  const names = ['scratch-vm', 'scratch-folder', 'scratch-pool', 'scratch-datastore'] as const;
  return ['--scratch', ...names.flatMap((name) => (own[name] === undefined ? [] : [`--${name}`, own[name]]))];
}
