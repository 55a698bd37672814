import {shellQuoted} from '../../../shell-word.js';
import {localCommand} from '../../command.js';
import {EXIT} from '../../exit.js';
import {outputOptions} from '../../options.js';
import {FLEET, inventoryOption} from './options.js';

/** Checks an inventory file without contacting anything. */
export const fleetValidate = localCommand({
  name: 'fleet validate',
  group: FLEET,
  summary: 'Check an inventory file: every problem at once, with line and column; contacts nothing',
  options: {...inventoryOption, ...outputOptions},
  examples: [['fleet validate --inventory fleet.yaml', '0 it can be used, 5 it cannot']],
  async run(context, {own: {inventory: path}}) {
    const [{readInventoryFile}, {inventoryText}, {tell}, {composeTool}] = await Promise.all([
      import('../../fleet/inventory-file.js'),
      import('../../../report/fleet/inventory.js'),
      import('../../publish.js'),
      import('../../compose-report.js'),
    ]);
    const {file, inventory, problems} = readInventoryFile(path);
    const document = {
      schema: 'vch-migrate/fleet-validate/v1' as const,
      tool: composeTool(context.version),
      file,
      vcenters:
        inventory?.vcenters.map(({name, url, credentials, concurrency}) => ({
          name,
          url,
          credentials,
          concurrency,
        })) ?? [],
      waves: inventory?.waves.map(({name, gate}) => ({name, gate})) ?? [],
      problems,
      next:
        inventory === null
          ? `correct ${file}, then vch-migrate fleet validate --inventory ${shellQuoted(file)}`
          : `vch-migrate fleet plan --inventory ${shellQuoted(file)}`,
    };
    const told = await tell({document, text: inventoryText(document)}, context);
    return inventory === null ? EXIT.usage : told;
  },
});
