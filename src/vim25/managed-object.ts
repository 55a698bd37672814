/** A managed object's reference, as vim25 writes it: `{type: 'VirtualMachine', value: 'vm-13'}`. */
export interface ManagedObjectReference {
  readonly type: string;
  readonly value: string;
}

/** `VirtualMachine:vm-13`, the form VIC stores and people paste. */
export function refString(ref: ManagedObjectReference): string {
  return `${ref.type}:${ref.value}`;
}

/** The reference of the VM with that moref. */
export function vmRef(value: string): ManagedObjectReference {
  return {type: 'VirtualMachine', value};
}
