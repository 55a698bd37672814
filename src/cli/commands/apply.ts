import {migrationCommand} from '../migration-command.js';

/** Runs the container plugins. */
export const apply = migrationCommand({
  name: 'apply',
  summary:
    'Run the container plugins on the containerVMs, or carry out exactly a saved plan; running VMs stay running',
  arguments: ['PLAN'],
  takesPlan: true,
  examples: [
    ['apply -t vc.example -u admin -n vch1', 'migrate, after a question'],
    [
      'apply -n vch1 --yes --expect 412 --report night.json',
      'the same from a script; the target is in GOVC_URL',
    ],
    ['apply vch1.plan.json --yes', 'what plan --out vch1.plan.json saved, and nothing besides'],
  ],
  writes: true,
  operate: (connection, options, _settings, {plan}) =>
    plan === undefined ? connection.apply(options) : connection.applyPlan(options, plan),
});
