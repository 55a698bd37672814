import type {History} from '../../report/history.js';
import {historyText} from '../../report/history.js';
import type {Command, RunContext} from '../command.js';
import {commandText} from '../command-text.js';
import {EXIT} from '../exit-code.js';
import {type GivenOptions, OUTPUT_OPTIONS, TARGET_OPTIONS, VCH_OPTIONS} from '../option-table.js';
import {publish, textOrJson} from '../publish.js';
import {readSettings, type Settings, TEXT_OR_JSON} from '../settings.js';
import {withTarget} from '../with-target.js';

/** The runs that the ledgers of a VCH's containerVMs record. */
export const history: Command = {
  name: 'history',
  aliases: [],
  summary: 'List the runs recorded in the containerVMs: when, who, change id, plugins, how many VMs',
  options: [...TARGET_OPTIONS, ...VCH_OPTIONS, 'plugins', ...OUTPUT_OPTIONS],
  examples: [
    ['history -t vc.example -u admin -n vch1', 'what was done to the containerVMs, and under which change'],
  ],
  prepare(given, _args, {terminal}) {
    const settings = readSettings(given, {
      command: 'history',
      variables: terminal.variables,
      interactive: terminal.interactive,
      writes: false,
      formats: TEXT_OR_JSON,
    });
    return {output: settings.output, run: (context) => run(settings, given, context)};
  },
};

async function run(settings: Settings, given: GivenOptions, context: RunContext): Promise<number> {
  const {composeTool, composeVch} = await import('../compose-report.js');
  const runId = context.newRunId();
  const registry = await context.operations.registry(settings.plugins);
  const told = await withTarget(settings, runId, context, async ({connection, user}): Promise<History> => {
    const {vch, runs, unreadable} = await connection.history({
      vch: settings.vch,
      registry,
      runId,
      user,
      toolVersion: context.version,
      parallelism: settings.parallelism,
      signal: context.stop.signal,
      log: context.log,
    });
    const {url, product, apiVersion} = connection;
    const last = runs.at(-1);
    const line = (command: string, words: readonly string[] = []) =>
      commandText(command, given, {...vch, nameIsUnique: true}, {words});
    return {
      schema: 'vch-migrate/history/v1',
      tool: composeTool(context.version),
      target: {url, product, apiVersion},
      vch: composeVch(vch),
      runs: runs.map((run) => ({...run, changeId: run.changeId && context.redactor.redact(run.changeId)})),
      unreadable,
      next:
        last === undefined
          ? line('plan')
          : `to take the last one back: ${line('undo', ['--run', last.runId])}`,
    };
  });
  const published = await publish(
    textOrJson({json: told, text: (layout) => historyText(told, layout)}),
    context,
  );
  return published ? EXIT.done : EXIT.failed;
}
