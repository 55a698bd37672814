import {listVchs, type VicInventory} from '../inventory/find-vch.js';
import type {Session} from '../vim25/session.js';
import type {FleetVCenter} from './inventory.js';
import {type FoundVch, missedSelections, selected} from './waves.js';

/** The VCHs of a vCenter that belong to the fleet, and what its selections miss. */
export async function findFleetVchs(
  session: Session,
  vcenter: FleetVCenter,
  known?: VicInventory,
): Promise<{readonly vchs: readonly FoundVch[]; readonly missed: readonly string[]}> {
  const found = await listVchs(session, {}, known);
  const all = found.map(({summary: {id, name, ownName, computeResource, containerVMs}}) => ({
    ...{vcenter: vcenter.name, id, name, ownName},
    path: computeResource,
    containerVMs: containerVMs ?? 0,
  }));
  return {vchs: all.filter((vch) => selected(vcenter, vch)), missed: missedSelections(vcenter, all)};
}
