import {migrationCommand} from '../migration-command.js';
import {SELECT_OPTIONS, STAGING_OPTIONS} from '../option-table.js';

/** Runs the container plugins. */
export const apply = migrationCommand({
  name: 'apply',
  summary:
    'Run the container plugins on the containerVMs, or carry out exactly a saved plan; running VMs stay running',
  arguments: ['PLAN'],
  takesPlan: true,
  options: [...SELECT_OPTIONS, ...STAGING_OPTIONS],
  examples: [
    ['apply -t vc.example -u admin -n vch1', 'migrate, after a question'],
    [
      'apply -n vch1 --yes --expect 412 --report night.json',
      'the same from a script; the target is in GOVC_URL',
    ],
    [
      'apply -n vch1 --canary 5 --max-errors 2% --deadline 04:30',
      'five first, and stop when it goes wrong or late',
    ],
    ['apply -n vch1 --from-report night.json --only unresolved', 'what that run left undone'],
    ['apply vch1.plan.json --yes', 'what plan --out vch1.plan.json saved, and nothing besides'],
  ],
  writes: true,
  operate: (connection, options, _settings, {plan}) =>
    plan === undefined ? connection.apply(options) : connection.applyPlan(options, plan),
});
