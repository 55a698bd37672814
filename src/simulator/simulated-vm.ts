import type {ConfigValue} from './model/extra-config.js';
import type {Inventory} from './model/inventory.js';
import type {ConnectionState, PowerState, VirtualMachine} from './model/virtual-machine.js';

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

  /** Every key with its value as text. */
  extraConfig(): Record<string, string> {
    return Object.fromEntries(
      Array.from(this.#vm.extraConfig.entries(), ([key, value]) => [key, asText(value)]),
    );
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

  powerOn(): void {
    this.#vm.powerOn();
    this.#inventory.changes.changed(this.#vm.id);
  }

  powerOff(): void {
    this.#vm.powerOff();
    this.#inventory.changes.changed(this.#vm.id);
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

function asText(value: ConfigValue): string {
  return typeof value === 'string' ? value : value.value;
}
