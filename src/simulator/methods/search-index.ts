import {childrenOf, type Entity} from '../model/entity.js';
import type {Inventory} from '../model/inventory.js';
import {wireName} from '../model/wire-name.js';
import {objectNotFound} from '../properties/select.js';
import {reference} from '../soap/value.js';
import {type Method, type Outcome, required, withPrivilege} from './method.js';

/** The methods of SearchIndex. */
export const searchIndexMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'SearchIndex.FindByUuid',
    withPrivilege('System.View', ({args, vcenter}) => {
      if (args.textOf('vmSearch') !== 'true') return {};
      return found(
        vcenter.inventory.findByUuid(required(args, 'uuid'), args.textOf('instanceUuid') === 'true'),
      );
    }),
  ],
  [
    'SearchIndex.FindByInventoryPath',
    withPrivilege('System.View', ({args, vcenter}) =>
      found(byInventoryPath(vcenter.inventory, required(args, 'inventoryPath'))),
    ),
  ],
  [
    'SearchIndex.FindChild',
    withPrivilege('System.View', ({args, vcenter}) => {
      const id = required(args, 'entity');
      const entity = vcenter.inventory.get(id);
      if (entity === undefined) throw objectNotFound(id);
      const name = wireName(required(args, 'name'));
      return found(childrenOf(entity).find((child) => child.name === name));
    }),
  ],
]);

function found(entity: Entity | undefined): Outcome {
  return entity === undefined ? {} : {result: reference(entity)};
}

function byInventoryPath(inventory: Inventory, path: string): Entity | undefined {
  let entity: Entity | undefined = inventory.rootFolder;
  for (const part of path.split('/').filter((name) => name !== '')) {
    const name = wireName(part);
    entity = entity && childrenOf(entity).find((child) => child.name === name);
  }
  return entity;
}
