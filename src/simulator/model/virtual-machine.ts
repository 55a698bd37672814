import {VimFault} from '../soap/fault.js';
import {enumeration, reference, string} from '../soap/value.js';
import type {Clock} from './clock.js';
import type {Datastore, Folder, Host, ResourcePool} from './entity.js';
import type {ConfigValue, ExtraConfig} from './extra-config.js';
import {type Snapshot, SnapshotTree} from './snapshot.js';

/** VirtualMachinePowerState of vim25. */
export type PowerState = 'poweredOn' | 'poweredOff' | 'suspended';
/** VirtualMachineConnectionState of vim25. */
export type ConnectionState = 'connected' | 'disconnected' | 'inaccessible' | 'invalid' | 'orphaned';

/** The part of a VirtualMachineConfigSpec that is served here; an undefined value removes its key. */
export interface ConfigSpec {
  readonly changeVersion?: string | undefined;
  readonly name?: string | undefined;
  readonly annotation?: string | undefined;
  readonly extraConfig: readonly (readonly [key: string, value: ConfigValue | undefined])[];
}

/** What a client wants of a new snapshot. */
export interface WantedSnapshot {
  readonly name: string;
  readonly description: string;
  readonly memory: boolean;
  readonly quiesced: boolean;
}

/** What a VM is made from. */
export interface VirtualMachineOptions {
  readonly id: string;
  readonly name: string;
  readonly parent: Folder;
  readonly resourcePool: ResourcePool | undefined;
  readonly host: Host | undefined;
  readonly datastore: Datastore | undefined;
  readonly datastoreFolder: string;
  readonly powerState: PowerState;
  readonly connectionState: ConnectionState;
  readonly template: boolean;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly ipAddress: string | undefined;
  readonly refusesWritesWhilePoweredOn: boolean;
  readonly extraConfig: ExtraConfig;
  readonly clock: Clock;
}

/** A VM and what can happen to its configuration. */
export class VirtualMachine {
  readonly type = 'VirtualMachine';
  readonly id: string;
  name: string;
  readonly parent: Folder;
  readonly resourcePool: ResourcePool | undefined;
  readonly host: Host | undefined;
  readonly datastore: Datastore | undefined;
  readonly vmPathName: string;
  powerState: PowerState;
  connectionState: ConnectionState;
  readonly template: boolean;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly ipAddress: string | undefined;
  readonly refusesWritesWhilePoweredOn: boolean;
  extraConfig: ExtraConfig;
  readonly snapshots = new SnapshotTree();
  annotation = '';
  changeVersion: string;
  modified: number;
  /** Reconfigures of clients that were carried out. */
  reconfigurations = 0;
  bootTime: number | undefined;
  readonly #clock: Clock;
  /** `guestinfo.*` keys written since power-on: they live in the running VM's memory only. */
  readonly #volatile = new Set<string>();

  constructor(options: VirtualMachineOptions) {
    this.id = options.id;
    this.name = options.name;
    this.parent = options.parent;
    this.resourcePool = options.resourcePool;
    this.host = options.host;
    this.datastore = options.datastore;
    this.vmPathName = `[${options.datastore?.name ?? ''}] ${options.datastoreFolder}/${options.name}.vmx`;
    this.powerState = options.powerState;
    this.connectionState = options.connectionState;
    this.template = options.template;
    this.uuid = options.uuid;
    this.instanceUuid = options.instanceUuid;
    this.ipAddress = options.ipAddress;
    this.refusesWritesWhilePoweredOn = options.refusesWritesWhilePoweredOn;
    this.extraConfig = options.extraConfig;
    this.#clock = options.clock;
    this.changeVersion = options.clock.changeVersion();
    this.modified = options.clock.now();
    this.bootTime = options.powerState === 'poweredOn' ? options.clock.now() : undefined;
  }

  /** A VM whose .vmx cannot be read has no `config` at all; a disconnected one still shows its last. */
  get hasConfig(): boolean {
    return this.connectionState === 'connected' || this.connectionState === 'disconnected';
  }

  /** Applies a spec as one step, or throws and changes nothing. */
  reconfigure(spec: ConfigSpec): void {
    this.#requireConnected();
    if (this.template && spec.extraConfig.length > 0) {
      throw new VimFault('NotSupported', 'The operation is not supported on the object.');
    }
    if (this.powerState !== 'poweredOff' && this.refusesWritesWhilePoweredOn && spec.extraConfig.length > 0) {
      throw this.#invalidPowerState('poweredOff');
    }
    if (spec.changeVersion !== undefined && spec.changeVersion !== this.changeVersion) {
      throw new VimFault(
        'ConcurrentAccess',
        'Cannot complete operation due to concurrent modification by another operation.',
      );
    }
    if (spec.name !== undefined) this.#requireFree(spec.name);
    for (const [key, value] of spec.extraConfig) this.#setExtraConfig(key, value);
    this.name = spec.name ?? this.name;
    this.annotation = spec.annotation ?? this.annotation;
    this.#moved();
  }

  /** Renames the VM; folder and files keep their names. */
  rename(name: string): void {
    this.#requireFree(name);
    this.name = name;
    this.#moved();
  }

  /** Powers the VM on. */
  powerOn(): void {
    this.#requireConnected();
    if (this.template) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
    if (this.powerState === 'poweredOn') throw this.#invalidPowerState('poweredOff');
    this.powerState = 'poweredOn';
    this.bootTime = this.#clock.now();
    this.#moved();
  }

  /** Powers the VM off: what was written to `guestinfo.*` while it ran is gone (vmware/vic#1337). */
  powerOff(): void {
    this.#requireConnected();
    if (this.powerState === 'poweredOff') throw this.#invalidPowerState('poweredOn');
    for (const key of this.#volatile) this.extraConfig.delete(key);
    this.#volatile.clear();
    this.powerState = 'poweredOff';
    this.bootTime = undefined;
    this.#moved();
  }

  /** Takes a snapshot; keys that live in the memory of a running VM only are in one with memory alone. */
  createSnapshot(
    id: string,
    number: number,
    {name, description, memory, quiesced}: WantedSnapshot,
  ): Snapshot {
    this.#requireConnected();
    const extraConfig = this.extraConfig.clone();
    if (!memory) for (const key of this.#volatile) extraConfig.delete(key);
    this.#moved();
    return this.snapshots.add((parent) => ({
      type: 'VirtualMachineSnapshot',
      id,
      number,
      name,
      description,
      createTime: this.#clock.now(),
      quiesced,
      vm: this,
      parent,
      children: new Set(),
      extraConfig,
      annotation: this.annotation,
      volatile: new Set(memory ? this.#volatile : []),
      powerState: memory ? this.powerState : 'poweredOff',
    }));
  }

  /** Puts the VM back: its ExtraConfig becomes again what it was, and it ends in the snapshot's power state. */
  revertTo(snapshot: Snapshot, suppressPowerOn: boolean): void {
    this.#requireConnected();
    this.extraConfig = snapshot.extraConfig.clone();
    this.annotation = snapshot.annotation;
    this.#volatile.clear();
    this.powerState = suppressPowerOn ? 'poweredOff' : snapshot.powerState;
    if (this.powerState === 'poweredOn') for (const key of snapshot.volatile) this.#volatile.add(key);
    this.bootTime = this.powerState === 'poweredOn' ? this.#clock.now() : undefined;
    this.snapshots.revertedTo(snapshot);
    this.#moved();
  }

  #setExtraConfig(key: string, value: ConfigValue | undefined): void {
    if (this.powerState === 'poweredOn' && key.startsWith('guestinfo.')) this.#volatile.add(key);
    if (value === undefined) this.extraConfig.delete(key);
    else this.extraConfig.set(key, value);
  }

  #moved(): void {
    this.changeVersion = this.#clock.changeVersion();
    this.modified = this.#clock.now();
  }

  /** No two VMs of a folder get one name. A fixture may have such all the same, and they keep it. */
  #requireFree(name: string): void {
    if (name === this.name) return;
    for (const other of this.parent.children) {
      if (other.type !== 'VirtualMachine' || other.name !== name) continue;
      throw new VimFault('DuplicateName', `The name '${name}' already exists.`, [
        ['name', string(name)],
        ['object', reference(other)],
      ]);
    }
  }

  #requireConnected(): void {
    if (this.connectionState === 'connected') return;
    if (this.connectionState === 'disconnected') {
      throw new VimFault(
        'HostNotConnected',
        'Unable to communicate with the remote host, since it is disconnected.',
      );
    }
    throw new VimFault('InvalidState', 'The operation is not allowed in the current state.');
  }

  #invalidPowerState(requested: PowerState): VimFault {
    return new VimFault(
      'InvalidPowerState',
      `The attempted operation cannot be performed in the current state (${this.powerState === 'poweredOn' ? 'Powered on' : this.powerState === 'poweredOff' ? 'Powered off' : 'Suspended'}).`,
      [
        ['requestedState', enumeration('VirtualMachinePowerState', requested)],
        ['existingState', enumeration('VirtualMachinePowerState', this.powerState)],
      ],
    );
  }
}
