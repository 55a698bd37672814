import {childrenOf} from '../model/entity.js';
import {EVENT_TYPE_ID, EVENT_TYPES, type EventCollector, type LoggedEvent} from '../model/event.js';
import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {VCenter} from '../model/vcenter.js';
import {eventData} from '../properties/event.js';
import {objectNotFound} from '../properties/select.js';
import {VimFault} from '../soap/fault.js';
import {list, reference} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import {
  invalidArgument,
  type Method,
  type Outcome,
  required,
  type SessionCall,
  withPrivilege,
} from './method.js';

const LOG_EVENT = 'Global.LogEvent';
const SERVED_FILTERS: ReadonlySet<string> = new Set([
  'entity',
  'time',
  'disableFullMessage',
  'type',
  'eventTypeId',
  'maxCount',
]);

/** The methods of EventManager and EventHistoryCollector. */
export const eventMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'EventManager.LogUserEvent',
    withPrivilege(undefined, ({args, vcenter, session}) => {
      const id = required(args, 'entity');
      const entity = vcenter.inventory.get(id);
      if (entity === undefined) throw objectNotFound(id);
      if (!hasPrivilege(session.user.role, LOG_EVENT, id)) throw noPermission(entity, LOG_EVENT);
      vcenter.events.add({
        entity: {type: entity.type, id, name: entity.name},
        message: required(args, 'msg'),
        userName: session.user.name,
        createdTime: vcenter.inventory.clock.now(),
      });
      return {};
    }),
  ],
  [
    'EventManager.QueryEvents',
    withPrivilege('System.View', ({args, vcenter}) => {
      const matches = readFilter(args.child('filter'), vcenter);
      return {result: list('Event', vcenter.events.all().filter(matches).map(eventData))};
    }),
  ],
  [
    'EventManager.CreateCollectorForEvents',
    withPrivilege('System.View', ({args, vcenter, session}) => {
      const collector: EventCollector = {
        type: 'EventHistoryCollector',
        id: `session[${session.key}]events-${session.eventCollectors.size + 1}`,
        matches: readFilter(args.child('filter'), vcenter),
        pageSize: 10,
        position: 0,
      };
      session.eventCollectors.set(collector.id, collector);
      return {result: reference(collector)};
    }),
  ],
  [
    'HistoryCollector.SetCollectorPageSize',
    withPrivilege(undefined, (call) => {
      collectorOf(call).pageSize = Number(required(call.args, 'maxCount'));
      return {};
    }),
  ],
  [
    'HistoryCollector.RewindCollector',
    withPrivilege(undefined, (call) => {
      collectorOf(call).position = 0;
      return {};
    }),
  ],
  ['EventHistoryCollector.ReadNextEvents', withPrivilege(undefined, (call) => read(call, 1))],
  ['EventHistoryCollector.ReadPreviousEvents', withPrivilege(undefined, (call) => read(call, -1))],
  [
    'HistoryCollector.DestroyCollector',
    withPrivilege(undefined, ({session, object}) => {
      session.eventCollectors.delete(object.id);
      return {};
    }),
  ],
]);

function collectorOf({object}: SessionCall): EventCollector {
  if (object.type !== 'EventHistoryCollector') throw invalidArgument('_this');
  return object;
}

function read(call: SessionCall, direction: 1 | -1): Outcome {
  const collector = collectorOf(call);
  const count = Number(required(call.args, 'maxCount')) * direction;
  const events = call.vcenter.events.all().filter(collector.matches);
  const to = Math.min(Math.max(collector.position + count, 0), events.length);
  const [first, last] = [Math.min(collector.position, to), Math.max(collector.position, to)];
  collector.position = to;
  return {result: list('Event', events.slice(first, last).map(eventData))};
}

/** Reads an EventFilterSpec; what it would filter by and this server does not is refused, never ignored. */
function readFilter(filter: XmlElement | undefined, vcenter: VCenter): (event: LoggedEvent) => boolean {
  if (filter === undefined) throw invalidArgument('filter');
  for (const {name} of filter.children) {
    if (!SERVED_FILTERS.has(name))
      throw new VimFault('NotSupported', `This simulator does not filter events by "${name}".`);
  }
  const entities = readEntities(filter.child('entity'), vcenter);
  const types = filter.all('type').map(({text}) => text);
  const ids = filter.all('eventTypeId').map(({text}) => text);
  const [begin, end] = ['beginTime', 'endTime'].map((name) => filter.child('time')?.textOf(name));
  return ({entity, createdTime}) =>
    (entities === undefined || entities.has(entity.id)) &&
    (types.length === 0 || types.some((type) => EVENT_TYPES.has(type))) &&
    (ids.length === 0 || ids.includes(EVENT_TYPE_ID)) &&
    (begin === undefined || createdTime >= Date.parse(begin)) &&
    (end === undefined || createdTime <= Date.parse(end));
}

function readEntities(filter: XmlElement | undefined, vcenter: VCenter): Set<string> | undefined {
  if (filter === undefined) return undefined;
  const id = required(filter, 'entity');
  const entity = vcenter.inventory.get(id);
  if (entity === undefined) throw objectNotFound(id);
  const recursion = required(filter, 'recursion');
  const found = new Set(recursion === 'children' ? [] : [entity]);
  if (recursion === 'children') for (const child of childrenOf(entity)) found.add(child);
  if (recursion === 'all') for (const each of found) for (const child of childrenOf(each)) found.add(child);
  return new Set([...found].map((each) => each.id));
}
