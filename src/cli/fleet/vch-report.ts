import {VchError} from '../../errors.js';
import {rowsOf} from '../../fleet/database.js';
import {lastReport} from '../../fleet/view.js';
import {fields, text} from '../../json-shape.js';
import type {RunContext} from '../context.js';
import {EXIT, type Exit} from '../exit.js';
import {publish} from '../publish.js';
import type {OpenFleet} from './open-fleet.js';

/** Prints the last report of one VCH of a run. */
export async function publishVch(
  {database, line}: OpenFleet,
  context: RunContext,
  run: string,
  vch: string,
): Promise<Exit> {
  const named = await rowsOf(
    database,
    fields({vcenter: text, vch: text, name: text}),
    `SELECT vcenter, vch, name FROM vch_fleet.target
     WHERE run = $1 AND $2 IN (name, vcenter || '/' || name, vcenter || '/' || vch) ORDER BY vcenter, vch LIMIT 10`,
    [run, vch],
  );
  const [one] = named;
  if (named.length > 1)
    throw new VchError(
      'VCH_ERR_USAGE',
      `the run ${run} has ${named.length} VCHs ${vch}: name one with --of-vch, ${named.map((target) => `${target.vcenter}/${target.vch}`).join(', ')}`,
    );
  const report = one && (await lastReport(database, run, `${one.vcenter}/${one.vch}`));
  if (!report)
    throw new VchError(
      'VCH_ERR_USAGE',
      one === undefined
        ? `the run ${run} has no VCH ${vch}; ${line(`status ${run}`)} names its VCHs`
        : `the run ${run} has no report of ${vch} yet; ${line(`watch ${run}`)} follows it`,
    );
  const {ok} = await publish((format, layout) => format.report(report, layout), context);
  return ok ? EXIT.done : EXIT.failed;
}
