import {listVchs} from '../inventory/find-vch.js';
import type {Session} from '../vim25/session.js';
import type {FleetVCenter} from './inventory.js';
import {type FoundVch, selected} from './waves.js';

/** The VCHs of a vCenter that belong to the fleet. */
export async function findFleetVchs(session: Session, vcenter: FleetVCenter): Promise<readonly FoundVch[]> {
  const found = await listVchs(session, {});
  return found
    .map(({summary: {id, name, ownName, computeResource, containerVMs}}) => ({
      ...{vcenter: vcenter.name, id, name, ownName},
      path: computeResource,
      containerVMs: containerVMs ?? 0,
    }))
    .filter((vch) => selected(vcenter, vch));
}
