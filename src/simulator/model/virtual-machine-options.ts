import type {CdromChange} from './cdrom.js';
import type {Clock} from './clock.js';
import type {Datastore, Folder, Host, ResourcePool} from './entity.js';
import type {ConfigValue, ExtraConfig} from './extra-config.js';
import type {GuestBehaviour, GuestTiming} from './guest.js';
import type {ConnectionState, PowerState} from './vm-state.js';

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
  readonly guest: GuestBehaviour;
  /** The path of the ISO file in its drive; an appliance has one anyhow. */
  readonly cdrom: string | undefined;
  readonly refusesWritesWhilePoweredOn: boolean;
  readonly extraConfig: ExtraConfig;
  readonly clock: Clock;
  readonly timing: GuestTiming;
  /** Tells who watches that the guest has changed something. */
  readonly changed: (id: string) => void;
}
