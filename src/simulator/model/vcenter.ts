import type {Break} from './breaks.js';
import type {DatastoreBrowser, Entity} from './entity.js';
import type {EventCollector, EventLog} from './event.js';
import type {GuestTiming} from './guest.js';
import type {Inventory} from './inventory.js';
import type {Role, User} from './permissions.js';
import type {PropertyCollector, PropertyFilter} from './property-collector.js';
import type {Session, SessionStore} from './session.js';
import type {Singleton} from './singletons.js';
import {SINGLETONS} from './singletons.js';
import type {Snapshot} from './snapshot.js';
import type {Task, TaskManager} from './task.js';
import type {View} from './view.js';

/** What the server says about itself. */
export interface About {
  readonly name: string;
  readonly fullName: string;
  readonly vendor: string;
  readonly version: string;
  readonly build: string;
  readonly osType: string;
  readonly productLineId: string;
  readonly apiType: string;
  readonly apiVersion: string;
  readonly instanceUuid: string;
}

/** Settings of the server that a fixture can change. */
export interface Settings extends GuestTiming {
  /** Explicit `maxObjects` above this are lowered to it. */
  readonly pageLimit: number;
  /** Seconds without a call after which a session ends. */
  readonly idleTimeout: number;
  /** What a second task on a busy VM meets. */
  readonly concurrentTasks: 'queue' | 'TaskInProgress';
  /** What it does otherwise than a vCenter. */
  readonly breaks: readonly Break[];
}

/** Any managed object that a call can name. */
export type ManagedObject =
  | Entity
  | Snapshot
  | Task
  | View
  | PropertyCollector
  | PropertyFilter
  | DatastoreBrowser
  | EventCollector
  | Singleton;

/** The whole state of the server. */
export interface VCenter {
  readonly about: About;
  readonly settings: Settings;
  readonly inventory: Inventory;
  readonly tasks: TaskManager;
  readonly events: EventLog;
  readonly sessions: SessionStore;
  readonly users: readonly User[];
  readonly roles: readonly Role[];
  /** The duration of the next task, in milliseconds. */
  readonly taskDuration: () => number;
}

/** The object of a moref, as far as this session can see it: views and filters of others do not exist. */
export function resolve(
  vcenter: VCenter,
  session: Session | undefined,
  id: string,
): ManagedObject | undefined {
  return (
    vcenter.inventory.get(id) ??
    vcenter.inventory.snapshot(id) ??
    vcenter.tasks.get(id) ??
    vcenter.inventory.browser(id) ??
    session?.views.get(id) ??
    session?.collectors.get(id) ??
    session?.eventCollectors.get(id) ??
    filterOf(session, id) ??
    SINGLETONS.get(id)
  );
}

function filterOf(session: Session | undefined, id: string): PropertyFilter | undefined {
  for (const collector of session?.collectors.values() ?? []) {
    const filter = collector.filters.get(id);
    if (filter !== undefined) return filter;
  }
  return undefined;
}
