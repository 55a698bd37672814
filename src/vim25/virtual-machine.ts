import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {refValue} from './property-value.js';
import type {Session} from './session.js';
import {xmlString, xmlText} from './xml-text.js';
import {child} from './xml-tree.js';

/** A merge into a VM's ExtraConfig: an empty value removes the key, keys not named stay. And a new display name. */
export interface ReconfigSpec {
  /** The reading it was decided on; if the VM has moved on, vSphere applies nothing and answers ConcurrentAccess. */
  readonly changeVersion: string;
  /** As vSphere wants it escaped; the files keep their names. */
  readonly name?: string | undefined;
  readonly extraConfig: readonly {readonly key: string; readonly value: string}[];
}

/** Starts `ReconfigVM_Task`; all of the spec is applied by it, or nothing. */
export async function reconfigure(
  session: Session,
  vm: ManagedObjectReference,
  spec: ReconfigSpec,
): Promise<ManagedObjectReference> {
  const answer = await session.call('ReconfigVM_Task', vm, {
    spec: {
      changeVersion: xmlText(spec.changeVersion),
      ...(spec.name === undefined ? {} : {name: xmlText(spec.name)}),
      // Each value says that it is a string: the element's type is anyType, and `true` or `007` would be guessed at.
      extraConfig: spec.extraConfig.map(({key, value}) => ({key: xmlText(key), value: xmlString(value)})),
    },
  });
  const task = refValue(child(answer, 'returnval'));
  if (task === null)
    throw new VchError('VCH_ERR_OUTCOME_UNKNOWN', `ReconfigVM_Task on ${vm.value} gave no task`);
  return task;
}
