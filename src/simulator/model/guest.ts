import type {Clock} from './clock.js';
import type {ExtraConfig} from './extra-config.js';

/** How the guest of a VM behaves. */
export interface GuestBehaviour {
  /** Its IPv4 address while it runs. An appliance has 192.0.2.10 where none is given. */
  readonly ip?: string | undefined;
  /** The session of the appliance that does not start: its `started` becomes an error text. */
  readonly fails?: string | undefined;
  /** The appliance's sessions never start. */
  readonly never?: boolean | undefined;
  /** ShutdownGuest has no effect. */
  readonly ignoresShutdown?: boolean | undefined;
}

/** How long guests take, in milliseconds. */
export interface GuestTiming {
  /** From power-on to the appliance's address, and from there to its sessions. */
  readonly bootTime: number;
  readonly shutdownTime: number;
}

/** What a guest sees of its VM. */
export interface GuestVm {
  readonly id: string;
  readonly isAppliance: boolean;
  readonly canBoot: boolean;
  /** What it boots starts no session that is not active. */
  readonly startsActiveOnly: boolean;
  extraConfig: ExtraConfig;
  /** The guest has switched its machine off. */
  haltedByGuest(): void;
}

const DEFAULT_APPLIANCE_IP = '192.0.2.10';
const CLIENT_IP_KEY = 'guestinfo.vice..init.networks|client.assigned.IP';
const SESSIONS_KEY = 'guestinfo.vice./init/sessions';

/**
 * The life inside of a VM. Only an appliance takes time to boot and writes into its ExtraConfig, as vSphere lets
 * tools do: by no reconfigure, so `changeVersion` stays, and into keys that were there before power-on, so they
 * outlive a power-off.
 */
export class Guest {
  behaviour: GuestBehaviour;
  readonly #vm: GuestVm;
  readonly #timing: GuestTiming;
  readonly #clock: Clock;
  /** The ExtraConfig or the address has changed. */
  readonly #changed: () => void;
  #halted = new AbortController();
  #ipAddress: string | undefined;
  #toolsRunning = false;

  constructor(
    vm: GuestVm,
    behaviour: GuestBehaviour,
    timing: GuestTiming,
    clock: Clock,
    changed: () => void,
  ) {
    this.#vm = vm;
    this.behaviour = behaviour;
    this.#timing = timing;
    this.#clock = clock;
    this.#changed = changed;
  }

  get ipAddress(): string | undefined {
    return this.#ipAddress;
  }

  get toolsRunning(): boolean {
    return this.#toolsRunning;
  }

  /** It has been running since before the server began, and in good health, whatever its behaviour is from now on. */
  wasUp(): void {
    this.#reachable();
    if (this.#vm.isAppliance) for (const id of this.#sessions()) this.#startedIs(id, 'true');
  }

  /** The machine was switched on. */
  boot(): void {
    this.halt();
    if (!this.#vm.isAppliance) {
      this.#reachable();
      return;
    }
    if (!this.#vm.canBoot) return;
    this.#after(this.#timing.bootTime, () => {
      this.#reachable();
      this.#after(this.#timing.bootTime, () => this.#startSessions());
    });
  }

  /** The machine came back running, its memory as it was. */
  resume(): void {
    this.halt();
    this.#reachable();
  }

  /** Comes up now instead of when it is time. */
  finishBoot(): void {
    this.halt();
    this.#reachable();
    if (this.#vm.isAppliance) this.#startSessions();
  }

  /** Was told to shut down. */
  shutdown(): void {
    if (this.behaviour.ignoresShutdown === true) return;
    this.#after(this.#timing.shutdownTime, () => this.#vm.haltedByGuest());
  }

  /** The machine was switched off, or the server ends. */
  halt(): void {
    this.#halted.abort();
    this.#halted = new AbortController();
    this.#ipAddress = undefined;
    this.#toolsRunning = false;
  }

  #reachable(): void {
    this.#toolsRunning = true;
    this.#ipAddress = this.behaviour.ip ?? (this.#vm.isAppliance ? DEFAULT_APPLIANCE_IP : undefined);
    if (this.#vm.isAppliance && this.#ipAddress !== undefined) {
      const bytes = Buffer.from(this.#ipAddress.split('.').map(Number));
      this.#vm.extraConfig.set(CLIENT_IP_KEY, bytes.toString('base64'));
    }
    this.#changed();
  }

  #startSessions(): void {
    const {never, fails} = this.behaviour;
    if (never === true) return;
    for (const id of this.#sessions()) {
      if (this.#vm.startsActiveOnly && !this.#isActive(id)) continue;
      this.#startedIs(id, id === fails ? `${id} exited: exec format error` : 'true');
    }
    this.#changed();
  }

  #startedIs(id: string, value: string): void {
    this.#vm.extraConfig.set(`guestinfo.vice..init.sessions|${id}.started`, value);
  }

  /** As Go's ParseBool reads the value. */
  #isActive(id: string): boolean {
    const active = this.#vm.extraConfig.get(`${SESSIONS_KEY}|${id}/active`);
    return typeof active === 'string' && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(active);
  }

  #sessions(): string[] {
    const ids = this.#vm.extraConfig.get(SESSIONS_KEY);
    return typeof ids === 'string' && ids !== '<nil>' ? ids.split('|') : [];
  }

  #after(milliseconds: number, run: () => void): void {
    this.#clock.after(milliseconds, this.#halted.signal, run);
  }
}
