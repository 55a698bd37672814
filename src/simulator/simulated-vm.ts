import type {ConfigValue, ExtraConfig} from './model/extra-config.js';
import type {GuestBehaviour} from './model/guest.js';
import type {Inventory} from './model/inventory.js';
import type {Snapshot} from './model/snapshot.js';
import type {VirtualMachine} from './model/virtual-machine.js';
import type {ConnectionState, PowerState} from './model/vm-state.js';

/** A CD-ROM drive from inside of the server. */
export interface SimulatedCdrom {
  /** The datastore path of the ISO file in it. */
  readonly fileName: string | undefined;
  readonly startConnected: boolean;
  readonly connected: boolean;
}

/** A snapshot from inside of the server. */
export interface SimulatedSnapshot {
  /** Moref. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly isCurrent: boolean;
  readonly extraConfig: Readonly<Record<string, string>>;
  readonly children: readonly SimulatedSnapshot[];
}

/** One VM, seen and changed from inside of the server: what a test does as "somebody else". */
export class SimulatedVm {
  readonly #vm: VirtualMachine;
  readonly #inventory: Inventory;

  constructor(vm: VirtualMachine, inventory: Inventory) {
    this.#vm = vm;
    this.#inventory = inventory;
  }

  get id(): string {
    return this.#vm.id;
  }

  get name(): string {
    return this.#vm.name;
  }

  /** `[datastore] folder/name.vmx`. */
  get vmPathName(): string {
    return this.#vm.vmPathName;
  }

  get uuid(): string {
    return this.#vm.uuid;
  }

  get instanceUuid(): string {
    return this.#vm.instanceUuid;
  }

  get changeVersion(): string {
    return this.#vm.changeVersion;
  }

  /** Reconfigures of clients that were carried out; those by {@link change} are not among them. */
  get reconfigurations(): number {
    return this.#vm.reconfigurations;
  }

  get powerState(): PowerState {
    return this.#vm.powerState;
  }

  get connectionState(): ConnectionState {
    return this.#vm.connectionState;
  }

  get template(): boolean {
    return this.#vm.template;
  }

  get alternateGuestName(): string {
    return this.#vm.alternateGuestName;
  }

  /** What lies in the CD-ROM drive; undefined where the VM has none. */
  get cdrom(): SimulatedCdrom | undefined {
    const {cdrom, powerState} = this.#vm;
    if (cdrom === undefined) return undefined;
    const {backing, startConnected, connected} = cdrom;
    const fileName = backing.kind === 'iso' ? backing.fileName : undefined;
    return {fileName, startConnected, connected: connected && powerState === 'poweredOn'};
  }

  /** Address of the guest, from when it is up. */
  get ipAddress(): string | undefined {
    return this.#vm.guest.ipAddress;
  }

  /** The snapshots, as a tree. */
  get snapshots(): SimulatedSnapshot[] {
    return [...this.#vm.snapshots.roots].map((root) => plain(root, this.#vm.snapshots.current));
  }

  /** Every key with its value as text. */
  extraConfig(): Record<string, string> {
    return textsOf(this.#vm.extraConfig);
  }

  /** Changes keys by a reconfigure of somebody else's: null removes; moves the changeVersion. */
  change(keys: Readonly<Record<string, string | null>>): void {
    const extraConfig = Object.entries(keys).map(([key, value]) => [key, value ?? undefined] as const);
    this.#vm.reconfigure({extraConfig});
    this.#inventory.changes.changed(this.#vm.id);
  }

  /** Gives the VM another display name. */
  rename(name: string): void {
    this.#vm.rename(name);
    this.#inventory.changes.changed(this.#vm.id);
  }

  /** Writes its notes. */
  annotate(annotation: string): void {
    this.#vm.reconfigure({annotation, extraConfig: []});
    this.#inventory.changes.changed(this.#vm.id);
  }

  powerOn(): void {
    this.#vm.powerOn();
    this.#inventory.changes.changed(this.#vm.id);
  }

  powerOff(): void {
    this.#vm.powerOff();
    this.#inventory.changes.changed(this.#vm.id);
  }

  /** Changes how the guest behaves from its next boot or shutdown on. */
  setGuest(behaviour: GuestBehaviour): void {
    this.#vm.guest.behaviour = behaviour;
  }

  /** Lets the guest come up now, instead of when it is time. */
  startGuest(): void {
    this.#vm.guest.finishBoot();
  }

  setConnectionState(state: ConnectionState): void {
    this.#vm.connectionState = state;
    this.#inventory.changes.changed(this.#vm.id);
  }

  /** Takes the VM out of the inventory. */
  remove(): void {
    this.#inventory.removeVm(this.#vm);
  }
}

function plain(snapshot: Snapshot, current: Snapshot | undefined): SimulatedSnapshot {
  const {id, name, description, children, config} = snapshot;
  return {
    id,
    name,
    description,
    isCurrent: snapshot === current,
    extraConfig: textsOf(config.extraConfig),
    children: [...children].map((child) => plain(child, current)),
  };
}

function textsOf(extraConfig: ExtraConfig): Record<string, string> {
  return Object.fromEntries(Array.from(extraConfig.entries(), ([key, value]) => [key, asText(value)]));
}

function asText(value: ConfigValue): string {
  return typeof value === 'string' ? value : value.value;
}
