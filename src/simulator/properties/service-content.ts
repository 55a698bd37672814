import {SINGLETONS} from '../model/singletons.js';
import type {VCenter} from '../model/vcenter.js';
import {type Data, data, type Field, reference} from '../soap/value.js';
import {aboutInfo} from './about.js';

/** What RetrieveServiceContent answers: about, and where everything is. */
export function serviceContent(vcenter: VCenter): Data {
  return data(
    'ServiceContent',
    ['rootFolder', reference(vcenter.inventory.rootFolder)],
    manager('propertyCollector', 'propertyCollector'),
    manager('viewManager', 'ViewManager'),
    ['about', aboutInfo(vcenter.about)],
    manager('sessionManager', 'SessionManager'),
    manager('authorizationManager', 'AuthorizationManager'),
    manager('eventManager', 'EventManager'),
    manager('taskManager', 'TaskManager'),
    manager('searchIndex', 'SearchIndex'),
    manager('fileManager', 'FileManager'),
    manager('virtualDiskManager', 'virtualDiskManager'),
  );
}

function manager(field: string, id: string): Field {
  const singleton = SINGLETONS.get(id);
  return [field, singleton === undefined ? undefined : reference(singleton)];
}
