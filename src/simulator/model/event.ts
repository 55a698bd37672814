/** One event of the log; the only kind here is what users have logged. */
export interface LoggedEvent {
  readonly key: number;
  readonly type: 'GeneralUserEvent';
  readonly entity: {readonly type: string; readonly id: string; readonly name: string};
  readonly message: string;
  readonly userName: string;
  /** Milliseconds since 1970. */
  readonly createdTime: number;
}

/** The types that a client may ask for an event of ours by: its own and those it is derived from. */
export const EVENT_TYPES: ReadonlySet<string> = new Set(['GeneralUserEvent', 'GeneralEvent', 'Event']);
export const EVENT_TYPE_ID = 'vim.event.GeneralUserEvent';

/** The server's log of events, oldest first. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];

  add(event: Omit<LoggedEvent, 'key' | 'type'>): void {
    this.#events.push({...event, key: this.#events.length + 1, type: 'GeneralUserEvent'});
  }

  all(): readonly LoggedEvent[] {
    return this.#events;
  }
}

/** An EventHistoryCollector: a filter over the log, and how far its client has read. */
export interface EventCollector {
  readonly type: 'EventHistoryCollector';
  readonly id: string;
  readonly matches: (event: LoggedEvent) => boolean;
  pageSize: number;
  /** The number of events that lie before the place of reading. */
  position: number;
}
