import {randomBytes, randomUUID} from 'node:crypto';
import type {Clock} from './clock.js';
import type {User} from './permissions.js';
import {Session} from './session.js';

/** Every session there is, by its cookie. */
export class SessionStore {
  readonly #clock: Clock;
  readonly #idleTimeout: number;
  readonly #sessions = new Map<string, Session>();

  /** `idleTimeout` in milliseconds. */
  constructor(clock: Clock, idleTimeout: number) {
    this.#clock = clock;
    this.#idleTimeout = idleTimeout;
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

  /** Opens a session for a user who has proved who they are. */
  open(user: User, userAgent: string): Session {
    const session = new Session(
      randomBytes(20).toString('hex'),
      `52${randomUUID().slice(2)}`,
      user,
      userAgent,
      this.#clock.now(),
    );
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
