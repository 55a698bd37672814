import {migrationCommand} from '../migration-command.js';

/** `docker rename` on a containerVM. */
export const rename = migrationCommand({
  name: 'rename',
  arguments: ['CONTAINER', 'NEW-NAME'],
  summary: 'Rename a container, by name or id, as docker rename does; refuses legacy ones',
  examples: [
    ['rename web web-old -t vc.example -u admin -n vch1', 'give the container web another name'],
    ['rename 1bd4c04ef029 web -n vch1', 'the same by the beginning of its id; the target is in GOVC_URL'],
  ],
  writes: true,
  operate: (connection, options, _settings, [container = '', newName = '']) =>
    connection.rename({...options, container, newName}),
});
