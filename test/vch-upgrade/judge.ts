import type {Simulator} from '../../src/simulator/simulator.js';
import {type Dump, dumpOf} from '../peers/vcsim.js';
import type {Peers} from '../peers.js';
import {govcOn} from '../simulator/govc-cli.js';
import {APPLIANCE} from './small-upgrade.js';

/** Looks at a simulator through govc and pyVmomi: what they see does not depend on our client. */
export interface Judge {
  /** Every VM with all its keys. */
  dump(): Promise<Dump>;
  /** The appliance's snapshots as govc prints them; empty where there are none. */
  snapshots(): Promise<string>;
  govc(...args: string[]): Promise<string>;
}

export function judgeOf(peers: Pick<Peers, 'govc' | 'python'>, simulator: Simulator): Judge {
  const govc = (...args: string[]) => govcOn(peers.govc, simulator, ...args);
  return {
    dump: () => dumpOf(peers, simulator),
    snapshots: () => govc('snapshot.tree', '-i', '-d', '-vm', `VirtualMachine:${APPLIANCE}`),
    govc,
  };
}
