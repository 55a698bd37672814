import {nothingMore, reportCommand} from '../command.js';
import {goalExit} from '../exit.js';
import {action, unlessStopped} from '../next.js';

/** Compares a VCH's containerVMs with VIC's conventions. */
export const audit = reportCommand({
  name: 'audit',
  summary: "Compare names, folders and identities of the containerVMs with VIC's conventions",
  options: {},
  examples: [['audit -t vc.example -u admin -n vch1', 'which containerVMs are not as VIC would have them']],
  exits: {
    0: 'every containerVM keeps the conventions',
    1: 'a containerVM does not',
    3: 'only refused or unreachable containerVMs could not be compared',
  },
  writes: false,
  read: nothingMore,
  async run(session, options) {
    const {auditVch} = await import('../../rename/audit.js');
    return auditVch(session, options);
  },
  exitCode: ({report}) => goalExit(report.summary),
  next: unlessStopped(({report: {summary}, line}) =>
    summary.failed > 0
      ? [action('Fix the findings, then audit again', line('audit'))]
      : [action('See where the containerVMs stand', line('status'))],
  ),
});
