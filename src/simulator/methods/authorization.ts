import {hasPrivilege} from '../model/permissions.js';
import {boolean, data, list, string} from '../soap/value.js';
import {type Method, required, type SessionCall, withPrivilege} from './method.js';

/** The methods of AuthorizationManager. */
export const authorizationMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'AuthorizationManager.HasPrivilegeOnEntities',
    withPrivilege('System.View', (call) => ({
      result: list(
        'EntityPrivilege',
        call.args.all('entity').map((entity) =>
          data(
            'EntityPrivilege',
            [
              'entity',
              {kind: 'reference', type: entity.attributes.get('type') ?? 'ManagedEntity', id: entity.text},
            ],
            [
              'privAvailability',
              list(
                'PrivilegeAvailability',
                call.args
                  .all('privId')
                  .map(({text}) =>
                    data(
                      'PrivilegeAvailability',
                      ['privId', string(text)],
                      ['isGranted', boolean(isGranted(call, text, entity.text))],
                    ),
                  ),
              ),
            ],
          ),
        ),
      ),
    })),
  ],
  [
    'AuthorizationManager.HasPrivilegeOnEntity',
    withPrivilege('System.View', (call) => {
      const entity = required(call.args, 'entity');
      return {
        result: list(
          'xsd:boolean',
          call.args.all('privId').map(({text}) => boolean(isGranted(call, text, entity))),
        ),
      };
    }),
  ],
]);

function isGranted(call: SessionCall, privilege: string, entity: string): boolean {
  const key = required(call.args, 'sessionId');
  if (call.vcenter.settings.breaks.includes('privileges')) return true;
  if (call.vcenter.settings.breaks.includes('denials')) return false;
  const session = call.vcenter.sessions.all().find((candidate) => candidate.key === key);
  return (
    isPrivilege(privilege) && session !== undefined && hasPrivilege(session.user.role, privilege, entity)
  );
}

/** The groups of privileges that there are; a name outside of them is nobody's privilege. */
const GROUPS = new Set(
  'Alarm Authorization Datacenter Datastore Extension Folder Global Host Network Resource Sessions System Task VApp VirtualMachine'.split(
    ' ',
  ),
);

function isPrivilege(name: string): boolean {
  return GROUPS.has(name.split('.')[0] ?? '');
}
