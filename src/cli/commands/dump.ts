import {systemCode, VchError} from '../../errors.js';
import {wrap} from '../../report/width.js';
import {shellQuoted} from '../../shell-word.js';
import {untilStopped} from '../../stopping.js';
import {listingCommand} from '../command.js';
import {targetOf} from '../login.js';
import {flag} from '../option.js';
import {writeWhole} from '../result-file.js';
import {holdAll} from '../v8.js';

/** What `plan` reads, as a file. */
export const dump = listingCommand({
  name: 'dump',
  positionals: [{name: 'FILE'}],
  summary:
    'Write what plan reads to a file, for plan --from-dump, simulate and --target dump:FILE; writes nothing else',
  options: {
    mask: flag('Command:', 'Replace names and values: for an issue report. Its plan cannot be saved'),
  },
  examples: [
    ['dump vch1.dump.json -t vc.example -u admin -n vch1', 'one VCH, to try an upgrade of it'],
    [
      'dump masked.json -t vc.example -u admin -n vch1 --mask',
      'without names and secrets, to send to others',
    ],
  ],
  files: ([file]) => [file],
  async run(session, {context, settings}, {args: [file = ''], own}) {
    const [{dumpInventory, notCopied}, {masked}, {toJson}, {composeTool}] = await Promise.all([
      import('../../dump/dump.js'),
      import('../../dump/mask.js'),
      import('../../report/formats/json.js'),
      import('../compose-report.js'),
    ]);
    const {stop, version, now} = context;
    holdAll();
    const dumped = await untilStopped(stop.signal, () =>
      dumpInventory(session, settings.vch, {at: now(), toolVersion: version}),
    );
    const fixture = own.mask ? masked(dumped.fixture, await context.registry([])) : dumped.fixture;
    try {
      writeWhole(file, toJson(fixture));
    } catch (error) {
      throw new VchError(
        'VCH_ERR_USAGE',
        `the dump ${file} could not be written (${systemCode(error)}); name a file in a folder that can be written`,
      );
    }
    const document = {
      schema: 'vch-migrate/dump/v1' as const,
      tool: composeTool(version),
      target: targetOf(session),
      file,
      masked: own.mask,
      vms: fixture.vms?.length ?? 0,
      gone: dumped.gone.map(({id}) => id),
      unread: dumped.unread.map(({id}) => id),
      next: `vch-migrate plan --from-dump ${shellQuoted(file)}`,
    };
    const secret = own.mask
      ? 'Names, addresses and values are replaced. Morefs, container ids and UUIDs are not.'
      : 'It has every key of these VMs, secrets included, and is for its owner alone (0600): --mask for others.';
    const said = `${document.vms} VMs are in ${file}. ${secret}`;
    const left = notCopied(dumped).map((text) => `${text[0]?.toUpperCase()}${text.slice(1)}`);
    return {document, text: ({columns}) => [said, ...left].map((text) => wrap(text, columns))};
  },
});
