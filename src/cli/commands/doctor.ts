import {VchError} from '../../errors.js';
import {untilStopped} from '../../stopping.js';
import {listingCommand} from '../command.js';
import {keepResult} from '../doctor-result.js';
import {EXIT} from '../exit.js';
import {flag, text, wholeNumber, withDefault} from '../option.js';
import {runOptions} from '../options.js';

const VMS = 8;

/** Whether what this tool stands on holds on a vCenter or ESXi. */
export const doctor = listingCommand({
  name: 'doctor',
  summary:
    'Check on your own vCenter or ESXi what this tool stands on: reads only, or with --scratch on VMs that it makes and removes',
  options: {
    scratch: flag('Command:', 'Also try what takes a write, on VMs without a disk that it makes and removes'),
    'scratch-folder': text(
      'Command:',
      'VM folder to make them in: its name, the end of its path, or its id',
      {
        value: 'FOLDER',
      },
    ),
    'scratch-pool': text('Command:', 'Resource pool to make them in; a cluster stands for its own pool', {
      value: 'POOL',
    }),
    'scratch-datastore': text('Command:', 'Datastore for their files, if the cluster has several', {
      value: 'NAME',
    }),
    'scratch-vms': withDefault(
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
    'scratch-vm': text(
      'Command:',
      'A VM of yours instead: powered off, without disks and snapshots, and needed by nobody',
      {
        value: 'NAME',
      },
    ),
    yes: runOptions.yes,
  },
  examples: [
    ['doctor -t vc.example -u admin', 'reads only'],
    [
      'doctor -t vc.example -u admin --scratch --scratch-folder lab --scratch-pool cluster1/lab --report doctor.json',
      'everything, after a question that lists each write',
    ],
  ],
  exits: {3: 'something that the tool stands on does not hold there'},
  writes: ({scratch}) => scratch,
  async run(session, {context, settings, runId}, {own}) {
    const {terminal, stop, log, now, version} = context;
    const [{examine}, scratchVm, place, {SCRATCH_WRITES}, {doctorText}] = await Promise.all([
      import('../../doctor/doctor.js'),
      import('../../doctor/scratch-vm.js'),
      import('../../doctor/scratch-place.js'),
      import('../../doctor/scratch.js'),
      import('../../report/doctor.js'),
    ]);
    const {signal} = stop;
    const wanted = !own.scratch
      ? undefined
      : own['scratch-vm'] !== undefined
        ? ({kind: 'named', vm: await place.findScratchVm(session, own['scratch-vm'])} as const)
        : ({
            kind: 'own',
            place: await place.findPlace(session, placeIn(own)),
            count: own['scratch-vms'],
          } as const);
    const found = await untilStopped(signal, () => scratchVm.findLeftovers(session));
    const removable = found.filter(({why}) => why === null);
    if (wanted !== undefined && !own.yes) {
      const makes =
        wanted.kind === 'named'
          ? `on the VM ${own['scratch-vm']}`
          : `makes ${wanted.count} VMs without a disk (4 MB) in ${own['scratch-folder']} and ${own['scratch-pool']}, on ${wanted.place.datastore}; on each of them it writes keys, and on the first`;
      const removes =
        removable.length === 0 ? '' : ` It removes ${removable.length} VMs that an earlier doctor left.`;
      const answer = await terminal.ask(
        `doctor on ${session.url.href}: ${makes} it ${SCRATCH_WRITES.join('; ')}. It removes what it made.${removes} Continue? [y/N] `,
        signal,
      );
      if (!/^\s*y(es)?\s*$/i.test(answer))
        throw new VchError(
          signal.aborted ? 'VCH_ERR_INTERRUPTED' : 'VCH_ERR_USAGE',
          'nothing was written; without --scratch doctor only reads',
        );
    }
    const leftovers = wanted === undefined ? found : await scratchVm.removeLeftovers(session);
    for (const leftover of leftovers) log.warn(scratchVm.leftoverText(leftover));
    const result = await examine(session, {
      runId,
      toolVersion: version,
      scratch: wanted,
      leftovers,
      signal,
      log,
      now,
    });
    if (signal.aborted)
      throw new VchError(
        'VCH_ERR_INTERRUPTED',
        'stopped; what it made is removed. Run the same command again',
      );
    if (settings.target.kind === 'vsphere') keepResult(result, terminal.variables, log);
    const refuted = result.assumptions.filter(({status}) => status === 'refuted');
    const document = {
      ...result,
      next:
        refuted.length > 0
          ? 'read docs/doctor.md on what does not hold; attach the JSON to an issue: it has no names'
          : result.scratch
            ? 'vch-migrate check'
            : 'vch-migrate doctor --scratch tries the rest, on VMs of its own',
    };
    return {document, text: doctorText(document), exit: refuted.length > 0 ? EXIT.partly : EXIT.done};
  },
});

function placeIn(
  own: {readonly [name in 'scratch-folder' | 'scratch-pool' | 'scratch-datastore']: string | undefined},
) {
  const {'scratch-folder': folder, 'scratch-pool': pool, 'scratch-datastore': datastore} = own;
  if (folder !== undefined && pool !== undefined) return {folder, pool, datastore};
  throw new VchError(
    'VCH_ERR_USAGE',
    '--scratch needs --scratch-folder and --scratch-pool, or --scratch-vm: it makes VMs nowhere else; see vch-migrate doctor --help',
  );
}
