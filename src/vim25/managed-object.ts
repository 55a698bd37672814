/** A managed object's reference, as vim25 writes it: `{type: 'VirtualMachine', value: 'vm-13'}`. */
export interface ManagedObjectReference {
  readonly type: string;
  readonly value: string;
}

/** `VirtualMachine:vm-13`, the form VIC stores and people paste. */
export function refString(ref: ManagedObjectReference): string {
  return `${ref.type}:${ref.value}`;
}

/** Those references, each once. */
export function distinctRefs(refs: readonly ManagedObjectReference[]): ManagedObjectReference[] {
  return [...new Map(refs.map((ref) => [ref.value, ref])).values()];
}

/** A name as it is given to vSphere, which keeps `/` for inventory paths and `%` for its own escapes. */
export function escapeName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('/', '%2f').replaceAll('\\', '%5c');
}

/** A name out of the property `name`. */
export function unescapeName(escaped: string): string {
  return escaped.replace(/%2f/gi, '/').replace(/%5c/gi, '\\').replace(/%25/g, '%');
}

/** The reference of the VM with that moref. */
export function vmRef(value: string): ManagedObjectReference {
  return {type: 'VirtualMachine', value};
}
