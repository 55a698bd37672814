import {VimFault} from '../soap/fault.js';
import {reference, string} from '../soap/value.js';
import {type Break, brokenValue} from './breaks.js';
import {type Cdrom, type CdromChange, changedCdrom, isoCdrom, poweredOnCdrom} from './cdrom.js';
import type {Clock} from './clock.js';
import type {FileStore} from './datastore-files.js';
import type {ConfigValue, ExtraConfig} from './extra-config.js';
import {Guest, type GuestBehaviour, type GuestTiming, type GuestVm} from './guest.js';
import {isVic11OrNewer} from './iso-image.js';
import {type ConfigView, frozenConfig, type Snapshot, SnapshotTree} from './snapshot.js';
import {type ConnectionState, invalidPowerState, type PowerState, requireConnected} from './vm-state.js';
import {wireName} from './wire-name.js';

const APPLIANCE_ID_KEY = 'guestinfo.vice./init/common/id';

/** The VMs that a folder, a pool, a host or a datastore holds. */
interface Members {
  add(vm: VirtualMachine): unknown;
  delete(vm: VirtualMachine): unknown;
}

interface Holder<Type extends string> {
  readonly type: Type;
  readonly id: string;
  readonly vms: Members;
}

/** Where a VM stands, as far as the VM itself has to know. */
export interface VmPlace {
  readonly parent: {
    readonly type: 'Folder';
    readonly id: string;
    readonly children: Members &
      Iterable<{readonly type: string; readonly id: string; readonly name: string}>;
  };
  readonly resourcePool: Holder<'ResourcePool' | 'VirtualApp'> | undefined;
  readonly host: (Holder<'HostSystem'> & {readonly state: {readonly maintenance: boolean}}) | undefined;
  readonly datastore: (FileStore & Holder<'Datastore'>) | undefined;
  /** Every datastore of the VM's datacenter. */
  readonly datastores: readonly FileStore[];
}

/** The part of a VirtualMachineConfigSpec that is served here; an undefined value removes its key. */
export interface ConfigSpec {
  readonly changeVersion?: string | undefined;
  readonly name?: string | undefined;
  readonly annotation?: string | undefined;
  readonly alternateGuestName?: string | undefined;
  readonly cdrom?: readonly CdromChange[];
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
export interface VirtualMachineOptions extends VmPlace {
  readonly id: string;
  readonly name: string;
  readonly datastoreFolder: string;
  readonly powerState: PowerState;
  readonly connectionState: ConnectionState;
  /** The server has never read its .vmx: it shows no `config`, whatever its connection state is. */
  readonly withoutConfig: boolean;
  readonly template: boolean;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly guest: GuestBehaviour;
  /** The path of the ISO file in its drive; an appliance has one anyhow. */
  readonly cdrom: string | undefined;
  readonly refusesWritesWhilePoweredOn: boolean;
  readonly extraConfig: ExtraConfig;
  readonly clock: Clock;
  readonly timing: GuestTiming;
  readonly breaks: readonly Break[];
  /** Tells who watches that the guest has changed something. */
  readonly changed: (id: string) => void;
}

/** A VM and what can happen to its configuration. */
export class VirtualMachine implements ConfigView, GuestVm, VmPlace {
  readonly type = 'VirtualMachine';
  readonly id: string;
  name: string;
  readonly parent: VmPlace['parent'];
  readonly resourcePool: VmPlace['resourcePool'];
  readonly host: VmPlace['host'];
  readonly datastore: VmPlace['datastore'];
  readonly datastores: readonly FileStore[];
  readonly vmPathName: string;
  powerState: PowerState;
  connectionState: ConnectionState;
  readonly #withoutConfig: boolean;
  readonly template: boolean;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly refusesWritesWhilePoweredOn: boolean;
  extraConfig: ExtraConfig;
  readonly snapshots = new SnapshotTree();
  readonly guest: Guest;
  annotation = '';
  alternateGuestName = '';
  cdrom: Cdrom | undefined;
  changeVersion: string;
  modified: number;
  /** Reconfigures of clients that were carried out. */
  reconfigurations = 0;
  bootTime: number | undefined;
  readonly #clock: Clock;
  readonly #breaks: readonly Break[];
  readonly #changed: () => void;
  /** `guestinfo.*` keys written since power-on: they live in the running VM's memory only. */
  readonly #volatile = new Set<string>();

  constructor(options: VirtualMachineOptions) {
    this.id = options.id;
    this.name = wireName(options.name);
    this.parent = options.parent;
    this.resourcePool = options.resourcePool;
    this.host = options.host;
    this.datastore = options.datastore;
    this.datastores = options.datastores;
    this.vmPathName = `[${options.datastore?.name ?? ''}] ${options.datastoreFolder}/${this.name}.vmx`;
    this.powerState = options.powerState;
    this.connectionState = options.connectionState;
    this.#withoutConfig = options.withoutConfig;
    this.template = options.template;
    this.uuid = options.uuid;
    this.instanceUuid = options.instanceUuid;
    this.refusesWritesWhilePoweredOn = options.refusesWritesWhilePoweredOn;
    this.extraConfig = options.extraConfig;
    this.#clock = options.clock;
    this.#breaks = options.breaks;
    this.#changed = () => options.changed(options.id);
    this.changeVersion = options.clock.changeVersion();
    this.modified = options.clock.now();
    this.bootTime = options.powerState === 'poweredOn' ? options.clock.now() : undefined;
    this.guest = new Guest(this, options.guest, options.timing, options.clock, this.#changed);
    const iso = `[${options.datastore?.name ?? ''}] ${options.datastoreFolder}/appliance.iso`;
    const fileName = options.cdrom ?? (this.isAppliance ? iso : undefined);
    this.cdrom = fileName === undefined ? undefined : this.#isoIn(fileName);
    if (this.powerState === 'poweredOn') this.guest.wasUp();
  }

  /** What VIC goes by, too: the id names this very VM, or its VCH is just being made. */
  get isAppliance(): boolean {
    const id = this.extraConfig.get(APPLIANCE_ID_KEY);
    return id === `VirtualMachine:${this.id}` || id === 'CreatingVCH';
  }

  /** An appliance lives on its CD-ROM alone. */
  get canBoot(): boolean {
    return this.cdrom?.connected === true && this.cdrom.backing.kind === 'iso';
  }

  /** The tether of VIC 1.1 and newer leaves sessions alone that are not active. */
  get startsActiveOnly(): boolean {
    const backing = this.cdrom?.backing;
    if (backing?.kind !== 'iso') return false;
    const head = backing.datastore.files.head(backing.path);
    return head !== undefined && isVic11OrNewer(head);
  }

  /** A VM whose .vmx cannot be read has no `config` at all; a disconnected one still shows its last. */
  get hasConfig(): boolean {
    if (this.#withoutConfig) return false;
    return this.connectionState === 'connected' || this.connectionState === 'disconnected';
  }

  /** Applies a spec as one step, or throws and changes nothing. */
  reconfigure(spec: ConfigSpec): void {
    requireConnected(this.connectionState);
    if (this.template && spec.extraConfig.length > 0) {
      throw new VimFault('NotSupported', 'The operation is not supported on the object.');
    }
    if (this.powerState !== 'poweredOff' && this.refusesWritesWhilePoweredOn && spec.extraConfig.length > 0) {
      throw invalidPowerState('poweredOff', this.powerState);
    }
    const compares = !this.#breaks.includes('changeVersion');
    if (compares && spec.changeVersion !== undefined && spec.changeVersion !== this.changeVersion) {
      throw new VimFault(
        'ConcurrentAccess',
        'Cannot complete operation due to concurrent modification by another operation.',
      );
    }
    const name = wireName(spec.name ?? this.name);
    this.#requireFree(name);
    const running = this.powerState !== 'poweredOff';
    // An IDE controller takes no drives while its machine runs.
    if (running && spec.cdrom?.some(({operation}) => operation !== 'edit'))
      throw invalidPowerState('poweredOff', this.powerState);
    const cdrom = changedCdrom(this.cdrom, spec.cdrom ?? [], running, (name) => this.#datastore(name));
    for (const [key, value] of spec.extraConfig) this.#setExtraConfig(key, value);
    this.cdrom = cdrom;
    this.name = name;
    this.annotation = spec.annotation ?? this.annotation;
    this.alternateGuestName = spec.alternateGuestName ?? this.alternateGuestName;
    this.#moved();
  }

  /** Renames the VM; folder and files keep their names. */
  rename(given: string): void {
    const name = wireName(given);
    this.#requireFree(name);
    this.name = name;
    this.#moved();
  }

  /** Powers the VM on. */
  powerOn(): void {
    requireConnected(this.connectionState);
    if (this.template) throw new VimFault('NotSupported', 'The operation is not supported on the object.');
    if (this.powerState === 'poweredOn') throw invalidPowerState('poweredOff', this.powerState);
    if (this.host?.state.maintenance)
      throw new VimFault('InvalidState', 'The operation is not allowed in the current state of the host.');
    this.powerState = 'poweredOn';
    this.bootTime = this.#clock.now();
    this.cdrom = this.cdrom && poweredOnCdrom(this.cdrom);
    this.#moved();
    this.guest.boot();
  }

  /** Powers the VM off: what was written to `guestinfo.*` while it ran is gone (vmware/vic#1337). */
  powerOff(): void {
    requireConnected(this.connectionState);
    if (this.powerState === 'poweredOff') throw invalidPowerState('poweredOn', this.powerState);
    this.#goOff();
  }

  /** Tells the guest to shut down; the machine goes off when the guest has. */
  shutdownGuest(): void {
    requireConnected(this.connectionState);
    if (this.powerState !== 'poweredOn') throw invalidPowerState('poweredOn', this.powerState);
    if (!this.guest.toolsRunning) {
      throw new VimFault(
        'ToolsUnavailable',
        'Cannot complete operation because VMware Tools is not running in this virtual machine.',
      );
    }
    this.guest.shutdown();
  }

  haltedByGuest(): void {
    if (this.powerState === 'poweredOn') this.#goOff();
    this.#changed();
  }

  #goOff(): void {
    for (const key of this.#volatile) this.extraConfig.delete(key);
    this.#volatile.clear();
    this.powerState = 'poweredOff';
    this.bootTime = undefined;
    this.cdrom = this.cdrom && {...this.cdrom, connected: false};
    this.guest.halt();
    this.#moved();
  }

  /** Takes a snapshot; keys that live in the memory of a running VM only are in one with memory alone. */
  createSnapshot(
    id: string,
    number: number,
    {name, description, memory, quiesced}: WantedSnapshot,
  ): Snapshot {
    requireConnected(this.connectionState);
    const config = frozenConfig(this);
    if (!memory) for (const key of this.#volatile) config.extraConfig.delete(key);
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
      config,
      volatile: new Set(memory ? this.#volatile : []),
      powerState: memory ? this.powerState : 'poweredOff',
    }));
  }

  /** Puts the VM back: its ExtraConfig becomes again what it was, and it ends in the snapshot's power state. */
  revertTo(snapshot: Snapshot, suppressPowerOn: boolean): void {
    requireConnected(this.connectionState);
    const {config} = snapshot;
    if (!this.#breaks.includes('revert')) this.extraConfig = config.extraConfig.clone();
    this.annotation = config.annotation;
    this.alternateGuestName = config.alternateGuestName;
    this.#volatile.clear();
    this.powerState = suppressPowerOn ? 'poweredOff' : snapshot.powerState;
    if (this.powerState === 'poweredOn') for (const key of snapshot.volatile) this.#volatile.add(key);
    const running = this.powerState === 'poweredOn';
    this.bootTime = running ? this.#clock.now() : undefined;
    this.cdrom = config.cdrom && {...config.cdrom, connected: running && config.cdrom.connected};
    if (running) this.guest.resume();
    else this.guest.halt();
    this.snapshots.revertedTo(snapshot);
    this.#moved();
  }

  #setExtraConfig(given: string, value: ConfigValue | undefined): void {
    const key = this.#breaks.includes('key-case') ? given.toLowerCase() : given;
    if (key.includes('|') && this.#breaks.includes('odd-keys')) return;
    const isGuests = key.startsWith('guestinfo.');
    const running = this.powerState === 'poweredOn';
    if (running && !isGuests && this.#breaks.includes('hidden-keys')) return;
    if (running && isGuests && !this.#breaks.includes('volatile')) this.#volatile.add(key);
    if (value === undefined && this.#breaks.includes('empty-value')) this.extraConfig.set(key, '');
    else if (value === undefined) this.extraConfig.delete(key);
    else this.extraConfig.set(key, typeof value === 'string' ? brokenValue(value, this.#breaks) : value);
  }

  #isoIn(fileName: string): Cdrom | undefined {
    return isoCdrom(fileName, this.powerState === 'poweredOn', (name) => this.#datastore(name));
  }

  #datastore(wanted: string): FileStore | undefined {
    return this.datastores.find(({name}) => name === wanted);
  }

  #moved(): void {
    if (!this.#breaks.includes('same-version')) this.changeVersion = this.#clock.changeVersion();
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
}
