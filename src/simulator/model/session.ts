import {randomBytes, randomUUID} from 'node:crypto';
import type {Clock} from './clock.js';
import type {EventCollector} from './event.js';
import type {User} from './permissions.js';
import type {PropertyCollector} from './property-collector.js';
import type {View} from './view.js';

/** Makes a session's property collector with that moref. */
export type MakeCollector = (id: string, session: Session) => PropertyCollector;

/** What a logged-in client holds on the server; all of it dies with the session. */
export class Session {
  /** Secret: the value of the cookie. */
  readonly cookie = randomBytes(20).toString('hex');
  /** Public: what `UserSession.key` shows. */
  readonly key = `52${randomUUID().slice(2)}`;
  readonly user: User;
  readonly loginTime: number;
  readonly userAgent: string;
  lastActiveTime: number;
  callCount = 0;
  readonly views = new Map<string, View>();
  readonly collectors = new Map<string, PropertyCollector>();
  readonly eventCollectors = new Map<string, EventCollector>();
  readonly #makeCollector: MakeCollector;

  constructor(user: User, userAgent: string, now: number, makeCollector: MakeCollector) {
    this.user = user;
    this.userAgent = userAgent;
    this.loginTime = now;
    this.lastActiveTime = now;
    this.#makeCollector = makeCollector;
    this.#addCollector('propertyCollector');
  }

  /** Adds a property collector of its own, beside the shared one that every session has. */
  createCollector(): PropertyCollector {
    return this.#addCollector(`session[${this.key}]${randomUUID()}`);
  }

  /** Drops views, filters and tokens, and ends the waiting calls. */
  dispose(): void {
    for (const collector of this.collectors.values()) collector.dispose();
    this.collectors.clear();
    this.views.clear();
    this.eventCollectors.clear();
  }

  #addCollector(id: string): PropertyCollector {
    const collector = this.#makeCollector(id, this);
    this.collectors.set(id, collector);
    return collector;
  }
}

/** Every session there is, by its cookie. */
export class SessionStore {
  readonly #clock: Clock;
  readonly #idleTimeout: number;
  readonly #makeCollector: MakeCollector;
  readonly #sessions = new Map<string, Session>();

  /** `idleTimeout` in milliseconds. */
  constructor(clock: Clock, idleTimeout: number, makeCollector: MakeCollector) {
    this.#clock = clock;
    this.#idleTimeout = idleTimeout;
    this.#makeCollector = makeCollector;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a cookie, unless it has been idle for too long. */
  find(cookie: string | undefined): Session | undefined {
    if (cookie === undefined) return undefined;
    const session = this.#sessions.get(cookie);
    if (session === undefined) return undefined;
    if (this.#clock.now() - session.lastActiveTime > this.#idleTimeout) {
      this.end(session);
      return undefined;
    }
    session.lastActiveTime = this.#clock.now();
    session.callCount++;
    return session;
  }

  /** Opens a session for a user who has logged in. */
  open(user: User, userAgent: string): Session {
    const session = new Session(user, userAgent, this.#clock.now(), this.#makeCollector);
    this.#sessions.set(session.cookie, session);
    return session;
  }

  /** Ends a session and all that it holds. */
  end(session: Session): void {
    session.dispose();
    this.#sessions.delete(session.cookie);
  }

  /** Ends all of them. */
  endAll(): void {
    for (const session of this.all()) this.end(session);
  }

  all(): Session[] {
    return [...this.#sessions.values()];
  }
}
