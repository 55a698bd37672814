import type {EventCollector, LoggedEvent} from '../model/event.js';
import type {Singleton} from '../model/singletons.js';
import {type Data, data, dateTime, int, list, reference, string} from '../soap/value.js';
import type {Struct} from './node.js';

/** The properties of the EventManager. */
export const eventManager: Struct<Singleton> = {
  type: 'EventManager',
  fields: {
    latestEvent: (_, {vcenter}) => {
      const latest = vcenter.events.all().at(-1);
      return latest && eventData(latest);
    },
    maxCollector: () => int(32),
  },
};

/** The properties of an EventHistoryCollector. */
export const eventHistoryCollector: Struct<EventCollector> = {
  type: 'EventHistoryCollector',
  fields: {
    latestPage: ({matches, pageSize}, {vcenter}) =>
      // Of the newest events, the newest first.
      list('Event', vcenter.events.all().filter(matches).slice(-pageSize).reverse().map(eventData)),
  },
};

/** An event as it is read. */
export function eventData({key, createdTime, userName, message, entity, type}: LoggedEvent): Data {
  const isVm = entity.type === 'VirtualMachine';
  return data(
    type,
    ['key', int(key)],
    ['chainId', int(key)],
    ['createdTime', dateTime(createdTime)],
    ['userName', string(userName)],
    [
      'vm',
      isVm ? data('VmEventArgument', ['name', string(entity.name)], ['vm', reference(entity)]) : undefined,
    ],
    ['fullFormattedMessage', string(`User logged event: ${message}`)],
    ['message', string(message)],
    [
      'entity',
      data('ManagedEntityEventArgument', ['name', string(entity.name)], ['entity', reference(entity)]),
    ],
  );
}
