import type {Journal} from '../appliance/appliance-writer.js';
import type {RunOptions} from '../containers/run-options.js';
import type {IsoInfo} from '../iso/iso-info.js';
import type {ProbeDocker} from './docker-endpoint.js';

/** What the commands over the VCH as a whole take. */
export interface VchOptions extends RunOptions {
  /** Milliseconds until the appliance must be ready after power-on. */
  readonly timeout: number;
  readonly journal?: Journal | undefined;
  /** Seconds within which the lock's owner shows a sign of life; 120. */
  readonly lease?: number | undefined;
  /** Milliseconds a guest has to shut down before the power is taken; 60,000. */
  readonly shutdownGrace?: number | undefined;
  /** Milliseconds between two looks at an appliance that starts; 1,000. */
  readonly poll?: number | undefined;
  /** How the docker endpoint is looked at; by default over the network. */
  readonly probeDocker?: ProbeDocker | undefined;
  /** Local ISO files. */
  readonly applianceIso?: IsoInfo | undefined;
  readonly bootstrapIso?: IsoInfo | undefined;
}

/** What `upgrade` takes besides. */
export interface UpgradeOptions extends VchOptions {
  /** Go on although the ISO's build is not newer than the VCH's. */
  readonly skipVersionCheck?: boolean | undefined;
  /** Go on although the two ISOs are of different versions. */
  readonly skipIsoCheck?: boolean | undefined;
  /** Check and plan only. */
  readonly dryRun?: boolean | undefined;
}

/** What `unlock` takes. */
export interface UnlockOptions extends RunOptions {
  /** Only this lock. */
  readonly lockId?: string | undefined;
}
