import {SINGLETONS} from '../model/singletons.js';
import type {VCenter} from '../model/vcenter.js';
import {type Data, data, type Field, reference, string} from '../soap/value.js';

/** What RetrieveServiceContent answers: about, and where everything is. */
export function serviceContent(vcenter: VCenter): Data {
  const {about} = vcenter;
  return data(
    'ServiceContent',
    ['rootFolder', reference(vcenter.inventory.rootFolder)],
    manager('propertyCollector', 'propertyCollector'),
    manager('viewManager', 'ViewManager'),
    [
      'about',
      data(
        'AboutInfo',
        ['name', string(about.name)],
        ['fullName', string(about.fullName)],
        ['vendor', string(about.vendor)],
        ['version', string(about.version)],
        ['build', string(about.build)],
        ['localeVersion', string('INTL')],
        ['localeBuild', string('000')],
        ['osType', string(about.osType)],
        ['productLineId', string(about.productLineId)],
        ['apiType', string(about.apiType)],
        ['apiVersion', string(about.apiVersion)],
        ['instanceUuid', string(about.instanceUuid)],
        ['licenseProductName', string('VMware VirtualCenter Server')],
        ['licenseProductVersion', string(about.version.split('.').slice(0, 1).concat('0').join('.'))],
      ),
    ],
    manager('sessionManager', 'SessionManager'),
    manager('authorizationManager', 'AuthorizationManager'),
    manager('taskManager', 'TaskManager'),
    manager('searchIndex', 'SearchIndex'),
  );
}

function manager(field: string, id: string): Field {
  const singleton = SINGLETONS.get(id);
  return [field, singleton === undefined ? undefined : reference(singleton)];
}
