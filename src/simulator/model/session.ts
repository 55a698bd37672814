import {Collector} from '../properties/collector.js';
import type {EventCollector} from './event.js';
import type {User} from './permissions.js';
import type {View} from './view.js';

/** What a logged-in client holds on the server; all of it dies with the session. */
export class Session {
  /** Secret: the value of the cookie. */
  readonly cookie: string;
  /** Public: what `UserSession.key` shows. */
  readonly key: string;
  readonly user: User;
  readonly loginTime: number;
  readonly userAgent: string;
  lastActiveTime: number;
  callCount = 0;
  readonly views = new Map<string, View>();
  readonly collectors: Map<string, Collector>;
  readonly eventCollectors = new Map<string, EventCollector>();

  constructor(cookie: string, key: string, user: User, userAgent: string, now: number) {
    const shared = new Collector('propertyCollector');
    this.collectors = new Map([[shared.id, shared]]);
    this.cookie = cookie;
    this.key = key;
    this.user = user;
    this.userAgent = userAgent;
    this.loginTime = now;
    this.lastActiveTime = now;
  }

  /** Lets go of views, filters, tokens and waiting calls. */
  dispose(): void {
    for (const collector of this.collectors.values()) collector.dispose();
    this.collectors.clear();
    this.views.clear();
    this.eventCollectors.clear();
  }
}
