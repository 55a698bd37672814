import {glob} from '../glob.js';
import type {FleetVCenter, FleetWave, Inventory, Labels} from './inventory.js';

/** A VCH that was found on a vCenter of the inventory. */
export interface FoundVch {
  readonly vcenter: string;
  /** Moref of the appliance. */
  readonly id: string;
  readonly name: string;
  readonly ownName: string | null;
  /** `/dc1/cluster1/vch1` */
  readonly path: string | null;
  readonly containerVMs: number;
}

/** A VCH with its place in the run. */
export interface Placed extends FoundVch {
  /** Which wave, from 0. */
  readonly wave: number;
  /** Which of its vCenter's slots, from 0; at most one VCH of a slot is worked on at a time. */
  readonly slot: number;
  /** Its turn in the slot, from 0. */
  readonly turn: number;
}

/** Which VCHs of a vCenter belong to the fleet. */
export function selected({vchs}: Pick<FleetVCenter, 'vchs'>, vch: Omit<FoundVch, 'vcenter'>): boolean {
  if (vchs === null) return true;
  const named = (pattern: string) =>
    [vch.name, vch.ownName, vch.id].some((name) => name !== null && glob(pattern)(name));
  return vchs.some(
    ({select: {path, name, id}, except}) =>
      (path === null || matchesPath(path, vch.path)) &&
      (name === null || named(name)) &&
      (id === null || id === vch.id) &&
      !except.some(named),
  );
}

/** The selections that fit no VCH of a vCenter: a word in them is wrong, or what they mean is gone. */
export function missedSelections(
  {vchs}: Pick<FleetVCenter, 'vchs'>,
  all: readonly FoundVch[],
): readonly string[] {
  return (vchs ?? [])
    .filter(({select}) => !all.some((vch) => selected({vchs: [{select, except: []}]}, vch)))
    .map(({select}) =>
      Object.entries(select)
        .flatMap(([member, wanted]) => (wanted === null ? [] : [`${member} ${wanted}`]))
        .join(' and '),
    );
}

/** A path with vSphere's own levels `host` and `Resources`, as govc writes it, or without them. */
function matchesPath(pattern: string, path: string | null): boolean {
  const [first = '', ...rest] = pattern.replace(/\/+$/, '').split('/');
  const plain = [first, ...rest.filter((level) => level !== 'host' && level !== 'Resources')].join('/');
  return path !== null && glob(plain)(path);
}

/** The waves of a run: which VCHs are in which, and which are in none. The same input gives the same waves. */
export function planWaves(
  {vcenters, waves}: Pick<Inventory, 'vcenters' | 'waves'>,
  found: readonly FoundVch[],
) {
  const order = new Map(vcenters.map(({name}, at) => [name, at]));
  const at = ({vcenter}: FoundVch) => order.get(vcenter) ?? vcenters.length;
  let left = found.toSorted((a, b) => at(a) - at(b) || compare(a.name, b.name) || compare(a.id, b.id));
  const placed: Placed[] = [];
  for (const [wave, definition] of waves.entries()) {
    const taken = new Set(membersOf(definition, vcenters, left));
    left = left.filter((vch) => !taken.has(vch));
    for (const {name, concurrency} of vcenters)
      placed.push(
        ...inSlots(
          [...taken].filter(({vcenter}) => vcenter === name),
          concurrency,
          wave,
        ),
      );
  }
  return {placed, unplaced: left};
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The VCHs of a wave, of those that are left. */
function membersOf(
  {match, count, spread}: FleetWave,
  vcenters: Inventory['vcenters'],
  left: readonly FoundVch[],
): readonly FoundVch[] {
  const fitting = vcenters.filter(({labels}) => hasLabels(labels, match ?? {}));
  const candidates = left.filter(({vcenter}) => fitting.some(({name}) => name === vcenter));
  if (count === null) return candidates;
  if (spread === 'none') return candidates.slice(0, count);
  // The first of each vCenter, then the second of each.
  const turns = fitting.map(({name}) => candidates.filter(({vcenter}) => vcenter === name));
  const longest = Math.max(0, ...turns.map(({length}) => length));
  const inTurn = Array.from({length: longest}, (_, turn) => turns.flatMap((vchs) => vchs[turn] ?? [])).flat();
  return inTurn.slice(0, count);
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Spreads a vCenter's VCHs over its slots: the longest first, each into the slot that is free earliest. */
function inSlots(vchs: readonly FoundVch[], concurrency: number, wave: number): readonly Placed[] {
  const slots = Array.from({length: concurrency}, () => ({load: 0, turns: 0}));
  return vchs
    .toSorted((a, b) => b.containerVMs - a.containerVMs)
    .map((vch) => {
      const least = Math.min(...slots.map(({load}) => load));
      const slot = slots.findIndex(({load}) => load === least);
      const taken = slots[slot] ?? {load: 0, turns: 0};
      const turn = taken.turns;
      // An appliance takes minutes, a containerVM a fraction of a second.
      taken.load += 100 + vch.containerVMs;
      taken.turns += 1;
      return {...vch, wave, slot, turn};
    });
}
