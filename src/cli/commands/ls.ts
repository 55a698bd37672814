import {toVchError} from '../../errors.js';
import type {VchDescription} from '../../inventory/vch.js';
import type {Logger} from '../../log.js';
import type {ListedIso} from '../../report/ls.js';
import {untilStopped} from '../../stopping.js';
import {listingCommand} from '../command.js';
import {readIsos} from '../iso-files.js';
import {targetOf} from '../login.js';
import {isoOptions} from '../options.js';

/** The VCHs of a target. */
export const ls = listingCommand({
  name: 'ls',
  summary: 'List the VCHs on the target: name, id, build, data version, containerVMs, upgrade status',
  options: {'appliance-iso': isoOptions['appliance-iso']},
  examples: [['ls -t vc.example -u admin', 'every VCH the user can see']],
  async run(session, {context, settings, line}, {own}) {
    const [{composeTool, composeVch}, {listingPage, listingText}, {listVchs}, {vchSummary}] =
      await Promise.all([
        import('../compose-report.js'),
        import('../../report/ls.js'),
        import('../../inventory/find-vch.js'),
        import('../../appliance/upgrade-lock.js'),
      ]);
    const target = targetOf(session);
    const vchs = await untilStopped(context.stop.signal, () => listVchs(session, settings.vch));
    const found = vchs.map(vchSummary);
    const [first] = found;
    const abandoned = found.find(({lock}) => lock.held && lock.state === 'dead');
    // Its owner may be dead as well, which only time tells.
    const down = found.find(({lock, powerState}) => lock.held && powerState === 'poweredOff');
    const named = (vch: (typeof found)[number]) => ({
      ...vch,
      nameIsUnique: found.filter((other) => other.name === vch.name).length === 1,
    });
    const iso = await isoAtHand(own['appliance-iso'], found, context.log);
    const document = {
      schema: 'vch-migrate/ls/v1' as const,
      tool: composeTool(context.version),
      target,
      vchs: found.map(composeVch),
      ...(iso === undefined ? {} : {iso}),
      next:
        first === undefined
          ? 'see whether the user may read the VMs of the VCHs'
          : abandoned !== undefined
            ? `continue what was left unfinished: ${line('resume', named(abandoned))}`
            : down === undefined
              ? line('plan', named(first))
              : `see who holds the VCH that is powered off: ${line('status', named(down))}`,
    };
    return {document, text: listingText(document), page: listingPage(document)};
  },
});

/** The appliance ISO that is named, or that an upgrade would take from the current folder, and which VCHs are older. */
async function isoAtHand(
  named: string | undefined,
  vchs: readonly VchDescription[],
  log: Logger,
): Promise<ListedIso | undefined> {
  const {compareReleases} = await import('../../iso/version-stamp.js');
  try {
    const {applianceIso} = await readIsos({'appliance-iso': named}, 'ls');
    if (applianceIso === undefined) return undefined;
    const {path, version, buildNumber: build} = applianceIso;
    const isOlder = (vch: VchDescription) => (compareReleases(vch, {version, build}) ?? 0) < 0;
    return {path, version, build, newerThan: vchs.filter(isOlder).map(({id}) => id)};
  } catch (error) {
    // A file in the current folder was not asked for.
    if (named !== undefined) throw error;
    log.warn(toVchError(error).message);
    return undefined;
  }
}
