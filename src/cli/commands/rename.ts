import {nothingMore, reportCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {action, unlessStopped} from '../next.js';

/** `docker rename` on a containerVM. */
export const rename = reportCommand({
  name: 'rename',
  positionals: [{name: 'CONTAINER'}, {name: 'NEW-NAME'}],
  summary: 'Rename a container, by name or id, as docker rename does; refuses legacy ones',
  options: {},
  examples: [
    ['rename web web-old -t vc.example -u admin -n vch1', 'give the container web another name'],
    ['rename 1bd4c04ef029 web -n vch1', 'the same by the beginning of its id; the target is in GOVC_URL'],
  ],
  writes: true,
  read: nothingMore,
  async run(session, options, {args: [container = '', newName = '']}) {
    const {renameContainer} = await import('../../rename/rename.js');
    return renameContainer(session, {...options, container, newName});
  },
  exitCode({report: {summary}}) {
    // Without the container's own rename, by this run or an earlier one, there is nothing for links to follow.
    if (summary.changed + summary.unchanged === 0) return EXIT.failed;
    return summary.changed + summary.unchanged + summary.skipped < summary.total ? EXIT.partly : EXIT.done;
  },
  next: unlessStopped(({report: {summary}, line}) => {
    const {failed, conflict, unreachable, unknown, 'not-attempted': untried} = summary;
    if (summary.changed + summary.unchanged === 0) return [action('Rename it again', line('rename'))];
    // The appliance keeps a record of the rename, so the same command finishes the links.
    if (failed + conflict + unreachable + unknown + untried > 0)
      return [action('Finish the links that are left', line('rename'))];
    return [
      action(
        summary.refused === 0
          ? "Compare all names with VIC's conventions"
          : 'Fix the containers whose links kept the old name, then audit',
        line('audit'),
      ),
    ];
  }),
});
