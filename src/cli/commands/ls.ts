import {VchError} from '../../errors.js';
import type {Listing} from '../../report/listing.js';
import {listingText} from '../../report/listing-text.js';
import {untilStopped} from '../../stopping.js';
import type {Command, RunContext} from '../command.js';
import {commandText} from '../command-text.js';
import {EXIT} from '../exit-code.js';
import {type GivenOptions, OUTPUT_OPTIONS, TARGET_OPTIONS, VCH_OPTIONS} from '../option-table.js';
import {publish} from '../publish.js';
import {readSettings, type Settings} from '../settings.js';
import {withTarget} from '../with-target.js';

/** The VCHs of a target. */
export const ls: Command = {
  name: 'ls',
  aliases: [],
  summary: 'List the VCHs on the target: name, id, build, data version, containerVMs, upgrade status',
  options: [...TARGET_OPTIONS, ...VCH_OPTIONS, ...OUTPUT_OPTIONS],
  examples: [['ls -t vc.example -u admin', 'every VCH the user can see']],
  prepare(given, _args, {terminal}) {
    const settings = readSettings(given, {
      command: 'ls',
      variables: terminal.variables,
      interactive: terminal.interactive,
      writes: false,
    });
    return {output: settings.output, run: (context) => run(settings, given, context)};
  },
};

async function run(settings: Settings, given: GivenOptions, context: RunContext): Promise<number> {
  const {composeTool, composeVch} = await import('../compose-report.js');
  const listing: Listing = await withTarget(settings, context.newRunId(), context, async ({connection}) => {
    const found = await untilStopped(context.stop.signal, () => connection.listVchs(settings.vch));
    if (found.length === 0 && (settings.vch.name !== undefined || settings.vch.id !== undefined)) {
      throw new VchError(
        'VCH_ERR_VCH_NOT_FOUND',
        `no VCH ${settings.vch.name ?? settings.vch.id} on ${connection.url}; vch-migrate ls without --name and --id lists those that are there`,
      );
    }
    const first = found[0];
    const {url, product, apiVersion} = connection;
    return {
      schema: 'vch-migrate/ls/v1',
      tool: composeTool(context.version),
      target: {url, product, apiVersion},
      vchs: found.map(composeVch),
      next:
        first === undefined
          ? 'see whether the user may read the VMs of the VCHs'
          : commandText('plan', given, {
              ...first,
              nameIsUnique: found.filter(({name}) => name === first.name).length === 1,
            }),
    };
  });
  const published = await publish({json: listing, text: (layout) => listingText(listing, layout)}, context);
  return published ? EXIT.done : EXIT.failed;
}
