import {migrationCommand} from '../migration-command.js';
import {SELECT_OPTIONS} from '../option-table.js';

/** What `apply` would change; writes nothing. */
export const plan = migrationCommand({
  name: 'plan',
  aliases: ['dry-run'],
  summary: 'Show what apply would change on the containerVMs, key by key; writes nothing',
  options: [...SELECT_OPTIONS, 'out', 'detailed-exitcode'],
  examples: [
    ['plan -t vc.example -u admin -n vch1', 'what apply would change'],
    ['plan -n vch1 --out vch1.plan.json', 'and save it, for apply vch1.plan.json'],
    ['plan -t sim:fixtures/legacy.json --detailed-exitcode', 'exit 2 if changes are pending'],
  ],
  writes: false,
  operate: (connection, options, {out}) =>
    out === undefined ? connection.plan(options) : connection.planToSave(options),
});
