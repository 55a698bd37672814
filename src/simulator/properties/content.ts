import {hasPrivilege, noPermission} from '../model/permissions.js';
import {isA} from '../model/type-tree.js';
import type {ManagedObject} from '../model/vcenter.js';
import {localized} from '../soap/fault.js';
import {type Data, data, list, reference, string, type Value} from '../soap/value.js';
import type {Scope} from './node.js';
import type {Property} from './spec.js';

/** What was read of one object. */
export interface Content {
  readonly values: readonly (readonly [path: string, value: Value])[];
  /** Paths that the user may not read, each with why. */
  readonly missing: readonly Data[];
}

/** Properties of an entity for which System.View is enough; all others need System.Read. */
const VIEWABLE: ReadonlySet<string> = new Set([
  'name',
  'parent',
  'parentVApp',
  'datastore',
  'childEntity',
  'resourcePool',
]);

/** Reads properties of one object; those not set are left out, as a server does. */
export function readContent(object: ManagedObject, properties: readonly Property[], scope: Scope): Content {
  const readable =
    !isA(object.type, 'ManagedEntity') || hasPrivilege(scope.session.user.role, 'System.Read', object.id);
  const values: [string, Value][] = [];
  const missing: Data[] = [];
  for (const {path, read} of properties) {
    if (!readable && !VIEWABLE.has(path)) {
      const fault = localized(noPermission(object, 'System.Read'));
      missing.push(data('MissingProperty', ['path', string(path)], ['fault', fault]));
      continue;
    }
    const value = read(object, scope);
    if (value !== undefined) values.push([path, value]);
  }
  return {values, missing};
}

/** The ObjectContent of one object. */
export function objectContent(object: ManagedObject, {values, missing}: Content): Data {
  return data(
    'ObjectContent',
    ['obj', reference(object)],
    [
      'propSet',
      list(
        'DynamicProperty',
        values.map(([path, value]) =>
          data('DynamicProperty', ['name', string(path)], ['val', value, 'typed']),
        ),
      ),
    ],
    ['missingSet', list('MissingProperty', missing)],
  );
}
