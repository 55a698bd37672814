import {VchError} from '../../errors.js';
import {rowsOf} from '../../fleet/database.js';
import {fields} from '../../json-shape.js';
import {reportShape} from '../../report/report.js';
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
  const [row] = await rowsOf(
    database,
    fields({report: reportShape}),
    `SELECT p.report FROM vch_fleet.report p JOIN vch_fleet.target t ON (t.run, t.vcenter, t.vch) = (p.run, p.vcenter, p.vch)
     WHERE p.run = $1 AND $2 IN (t.name, t.vcenter || '/' || t.name, t.vcenter || '/' || t.vch) ORDER BY p.command = 'verify', p.at DESC LIMIT 1`,
    [run, vch],
  );
  if (row === undefined)
    throw new VchError(
      'VCH_ERR_USAGE',
      `the run ${run} has no report of ${vch} yet; ${line(`status ${run}`)} names its VCHs`,
    );
  const {ok} = await publish((format, layout) => format.report(row.report, layout), context);
  return ok ? EXIT.done : EXIT.failed;
}
