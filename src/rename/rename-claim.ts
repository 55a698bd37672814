import type {Appliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import type {Session} from '../vim25/session.js';
import type {RenameRecord} from './rename-claim-text.js';
import {Claimant, type ClaimOptions} from './rename-claimant.js';

export type {ClaimOptions} from './rename-claimant.js';

/** The right to rename on a VCH, for as long as it is held. */
export interface RenameClaim {
  /** The appliance as it was when the claim was made. */
  readonly appliance: Appliance;
  /** What earlier renames, of owners who died among them, have left undone. */
  readonly unfinished: readonly RenameRecord[];
  /** Makes sure that the claim is still ours and no upgrade has begun; throws VCH_ERR_LOCK_LOST or VCH_ERR_LOCKED. */
  assertHeld(): Promise<void>;
  /** The same before a container is renamed; what it is renamed from and to stands in the claim, should we die. */
  announce(rename: RenameRecord): Promise<void>;
  /** Says what is to be on the appliance when the claim is given back; else that is what was found there. */
  leave(unfinished: readonly RenameRecord[]): void;
}

/**
 * Waits for its turn, claims the right to rename on a VCH by compare-and-set on its appliance, and gives it back
 * whatever happens. No claim is made while an upgrade holds the VCH: both are keys of one VM, guarded by one
 * changeVersion. A claim that its owner has stopped renewing is taken over, and with it what it was made for: that
 * may be half done.
 */
export async function withRenameClaim<T>(
  session: Session,
  vch: Vch,
  options: ClaimOptions,
  use: (claim: RenameClaim) => Promise<T>,
): Promise<T> {
  const claimant = new Claimant(session, vch, options);
  const appliance = await claimant.take();
  const heartbeat = setInterval(() => void claimant.renew(), (claimant.lease * 1000) / 3).unref();
  try {
    return await use({
      appliance,
      unfinished: claimant.unfinished,
      assertHeld: () => claimant.assertHeld(),
      announce: (rename) => claimant.announce(rename),
      leave: (unfinished) => claimant.leave(unfinished),
    });
  } finally {
    clearInterval(heartbeat);
    await claimant.release();
  }
}
