/** The managed object types served here, each with its base type. */
const BASE_TYPES: ReadonlyMap<string, string> = new Map([
  ['ManagedEntity', 'ExtensibleManagedObject'],
  ['ExtensibleManagedObject', 'ManagedObject'],
  ['Folder', 'ManagedEntity'],
  ['Datacenter', 'ManagedEntity'],
  ['ComputeResource', 'ManagedEntity'],
  ['ClusterComputeResource', 'ComputeResource'],
  ['HostSystem', 'ManagedEntity'],
  ['ResourcePool', 'ManagedEntity'],
  ['VirtualApp', 'ResourcePool'],
  ['VirtualMachine', 'ManagedEntity'],
  ['Datastore', 'ManagedEntity'],
  ['Network', 'ManagedEntity'],
  ['Task', 'ExtensibleManagedObject'],
  ['VirtualMachineSnapshot', 'ExtensibleManagedObject'],
  ['EventHistoryCollector', 'HistoryCollector'],
  ['ContainerView', 'ManagedObjectView'],
  ['ListView', 'ManagedObjectView'],
  ['InventoryView', 'ManagedObjectView'],
  ['ManagedObjectView', 'View'],
  ['View', 'ManagedObject'],
]);

/** Tells whether `type` is `base` or derived from it. */
export function isA(type: string, base: string): boolean {
  for (let current: string | undefined = type; current !== undefined; current = BASE_TYPES.get(current)) {
    if (current === base) return true;
  }
  return base === 'ManagedObject';
}

/** The type and its base types, the type itself first. */
export function lineage(type: string): string[] {
  const line: string[] = [];
  for (let current: string | undefined = type; current !== undefined; current = BASE_TYPES.get(current))
    line.push(current);
  if (line.at(-1) !== 'ManagedObject') line.push('ManagedObject');
  return line;
}
