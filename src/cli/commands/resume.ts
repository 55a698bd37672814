import {migrationCommand} from '../migration-command.js';
import {ISO_OPTIONS, VCH_RUN_OPTIONS} from '../option-table.js';
import {vchOptions} from '../vch-command.js';

/** Goes on with an interrupted upgrade. */
export const resume = migrationCommand({
  name: 'resume',
  summary: 'Go on with an upgrade that was interrupted, where it stopped; from any machine',
  options: [...VCH_RUN_OPTIONS, ...ISO_OPTIONS],
  examples: [
    [
      'resume -t vc.example -u admin -n vch1',
      'go on; an owner on another machine is watched for a sign of life first',
    ],
    ['resume -n vch1 --appliance-iso appliance.iso', 'the same when the upload of that file was cut off'],
  ],
  writes: true,
  operate: async (connection, options, settings) =>
    connection.resume(await vchOptions('resume', options, settings)),
});
