import {type CdromChange, cdromEdit} from './devices.js';
import type {ManagedObjectReference} from './managed-object.js';
import type {Session} from './session.js';
import {startTask} from './task-call.js';
import {xmlString, xmlText} from './xml-text.js';

/** A merge into a VM's ExtraConfig: an empty value removes the key, keys not named stay. And a new display name. */
export interface ReconfigSpec {
  /** The reading it was decided on; if the VM has moved on, vSphere applies nothing and answers ConcurrentAccess. */
  readonly changeVersion: string;
  /** As vSphere wants it escaped; the files keep their names. */
  readonly name?: string | undefined;
  /** Other ISO files for CD-ROMs that are there; the VM has to be powered off. */
  readonly deviceChange?: readonly CdromChange[] | undefined;
  readonly extraConfig: readonly {readonly key: string; readonly value: string}[];
}

/** Starts `ReconfigVM_Task`; all of the spec is applied by it, or nothing. */
export function reconfigure(
  session: Session,
  vm: ManagedObjectReference,
  spec: ReconfigSpec,
): Promise<ManagedObjectReference> {
  const {name, deviceChange} = spec;
  return startTask(session, 'ReconfigVM_Task', vm, {
    // In the order of the WSDL, which vSphere insists on.
    spec: {
      changeVersion: xmlText(spec.changeVersion),
      ...(name === undefined ? {} : {name: xmlText(name)}),
      ...(deviceChange === undefined ? {} : {deviceChange: deviceChange.map(cdromEdit)}),
      // Each value says that it is a string: the element's type is anyType, and `true` or `007` would be guessed at.
      extraConfig: spec.extraConfig.map(({key, value}) => ({key: xmlText(key), value: xmlString(value)})),
    },
  });
}
