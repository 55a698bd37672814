import {lineage} from '../model/type-tree.js';
import {authorizationMethods} from './authorization.js';
import {folderMethods} from './create-vm.js';
import {datastoreBrowserMethods} from './datastore-browser.js';
import {eventMethods} from './event.js';
import {fileManagerMethods} from './file-manager.js';
import type {Method} from './method.js';
import {propertyCollectorMethods} from './property-collector.js';
import {searchIndexMethods} from './search-index.js';
import {sessionMethods} from './session.js';
import {snapshotMethods} from './snapshot.js';
import {viewMethods} from './view.js';
import {virtualMachineMethods} from './virtual-machine.js';

const METHODS: ReadonlyMap<string, Method> = new Map([
  ...sessionMethods,
  ...propertyCollectorMethods,
  ...viewMethods,
  ...virtualMachineMethods,
  ...folderMethods,
  ...snapshotMethods,
  ...searchIndexMethods,
  ...authorizationMethods,
  ...eventMethods,
  ...fileManagerMethods,
  ...datastoreBrowserMethods,
]);

/** The method of that name on a type or, inherited, on one of its base types. */
export function findMethod(type: string, name: string): Method | undefined {
  for (const base of lineage(type)) {
    const method = METHODS.get(`${base}.${name}`);
    if (method !== undefined) return method;
  }
  return undefined;
}
