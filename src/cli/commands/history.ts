import {listingCommand} from '../command.js';
import {targetOf} from '../login.js';
import {DEFAULT_PARALLELISM, runOptions} from '../options.js';

/** The runs that the ledgers of a VCH's containerVMs record. */
export const history = listingCommand({
  name: 'history',
  summary: 'List the runs recorded in the containerVMs: when, who, change id, plugins, how many VMs',
  options: {plugins: runOptions.plugins},
  examples: [
    ['history -t vc.example -u admin -n vch1', 'what was done to the containerVMs, and under which change'],
  ],
  async run(session, {context, settings, user, runId, line}, {own}) {
    const [{composeTool, composeVch}, {historyPage, historyText}, {runHistory}, registry] = await Promise.all(
      [
        import('../compose-report.js'),
        import('../../report/history.js'),
        import('../../containers/history.js'),
        context.registry(own.plugins),
      ],
    );
    const {vch, runs, unreadable} = await runHistory(session, {
      vch: settings.vch,
      registry,
      runId,
      user,
      toolVersion: context.version,
      parallelism: DEFAULT_PARALLELISM,
      signal: context.stop.signal,
      log: context.log,
    });
    const last = runs.at(-1);
    const named = {...vch, nameIsUnique: true};
    const document = {
      schema: 'vch-migrate/history/v1' as const,
      tool: composeTool(context.version),
      target: targetOf(session),
      vch: composeVch(vch),
      runs: runs.map((run) => ({...run, changeId: run.changeId && context.redactor.redact(run.changeId)})),
      unreadable,
      next:
        last === undefined
          ? line('plan', named)
          : `to take the last one back: ${line('undo', named, {words: ['--run', last.runId]})}`,
    };
    return {document, text: historyText(document), page: historyPage(document)};
  },
});
