import {hasPrivilege} from '../model/permissions.js';
import {isA} from '../model/type-tree.js';
import {type ManagedObject, resolve} from '../model/vcenter.js';
import {VimFault} from '../soap/fault.js';
import {string, type Value} from '../soap/value.js';
import type {Scope} from './node.js';
import {type FilterSpec, readerOf, type Step, type Traversal} from './spec.js';

/** The objects that a filter spec selects, each once and in the order they are met. */
export function select(spec: FilterSpec, scope: Scope): ManagedObject[] {
  const selected = new Set<ManagedObject>();
  for (const start of spec.starts) {
    const object = resolve(scope.vcenter, scope.session, start.id);
    if (object === undefined) {
      if (spec.reportMissing) continue;
      throw objectNotFound(start.id);
    }
    if (!start.skip) selected.add(object);
    walk(object, start.steps, spec, scope, selected);
  }
  return [...selected].filter((object) => hasPrivilege(scope.session.user.role, 'System.View', object.id));
}

/** The fault for a moref that names nothing, or nothing any more. */
export function objectNotFound(id: string, type = typeOfMoref(id)): VimFault {
  return new VimFault(
    'ManagedObjectNotFound',
    `The object '${type}:${id}' has already been deleted or has not been completely created`,
    [['obj', {kind: 'reference', type, id}]],
  );
}

function typeOfMoref(id: string): string {
  if (id.startsWith('vm-')) return 'VirtualMachine';
  if (id.startsWith('task-')) return 'Task';
  return 'ManagedObject';
}

function walk(
  start: ManagedObject,
  steps: readonly Step[],
  spec: FilterSpec,
  scope: Scope,
  selected: Set<ManagedObject>,
): void {
  // A traversal is done once an object: specs that name each other walk trees, and trees meet in one VM.
  const done = new Map<Traversal, Set<ManagedObject>>();
  const pending: [ManagedObject, readonly Step[]][] = [[start, steps]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [object, nextSteps] = next;
    for (const step of nextSteps) {
      const traversal = typeof step === 'string' ? namedStep(step, spec) : step;
      if (!isA(object.type, traversal.type)) continue;
      const seen = done.get(traversal) ?? new Set();
      done.set(traversal, seen);
      if (seen.has(object)) continue;
      seen.add(object);
      for (const target of targetsOf(readerOf(object.type, traversal.path)(object, scope), scope)) {
        if (!traversal.skip) selected.add(target);
        if (traversal.next.length > 0) pending.push([target, traversal.next]);
      }
    }
  }
}

function namedStep(name: string, spec: FilterSpec): Traversal {
  const traversal = spec.named.get(name);
  if (traversal !== undefined) return traversal;
  throw new VimFault('InvalidArgument', 'A specified parameter was not correct: specSet', [
    ['invalidProperty', string(`selectSet name "${name}"`)],
  ]);
}

function targetsOf(value: Value | undefined, {vcenter, session}: Scope): ManagedObject[] {
  if (value === undefined) return [];
  const references = value.kind === 'list' ? value.items : [value];
  const targets: ManagedObject[] = [];
  for (const item of references) {
    const target = item.kind === 'reference' ? resolve(vcenter, session, item.id) : undefined;
    if (target !== undefined) targets.push(target);
  }
  return targets;
}
