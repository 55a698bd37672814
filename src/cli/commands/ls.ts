import {VchError} from '../../errors.js';
import {untilStopped} from '../../stopping.js';
import {listingCommand} from '../command.js';
import {targetOf} from '../login.js';

/** The VCHs of a target. */
export const ls = listingCommand({
  name: 'ls',
  summary: 'List the VCHs on the target: name, id, build, data version, containerVMs, upgrade status',
  options: {},
  examples: [['ls -t vc.example -u admin', 'every VCH the user can see']],
  async run(session, {context, settings, line}) {
    const [{composeTool, composeVch}, {listingText}, {listVchs}, {vchSummary}] = await Promise.all([
      import('../compose-report.js'),
      import('../../report/ls.js'),
      import('../../inventory/find-vch.js'),
      import('../../appliance/upgrade-lock.js'),
    ]);
    const {name, id} = settings.vch;
    const target = targetOf(session);
    const vchs = await untilStopped(context.stop.signal, () => listVchs(session, settings.vch));
    const found = vchs.map(vchSummary);
    if (found.length === 0 && (name !== undefined || id !== undefined)) {
      throw new VchError(
        'VCH_ERR_VCH_NOT_FOUND',
        `no VCH ${name ?? id} on ${target.url}; vch-migrate ls without --name and --id lists those that are there`,
      );
    }
    const [first] = found;
    const document = {
      schema: 'vch-migrate/ls/v1' as const,
      tool: composeTool(context.version),
      target,
      vchs: found.map(composeVch),
      next:
        first === undefined
          ? 'see whether the user may read the VMs of the VCHs'
          : line('plan', {
              ...first,
              nameIsUnique: found.filter((other) => other.name === first.name).length === 1,
            }),
    };
    return {document, text: (layout) => listingText(document, layout)};
  },
});
