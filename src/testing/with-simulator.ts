import {counted} from '../counted.js';
import {VchError} from '../errors.js';
import {LEASE_KEYS} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import {silent} from '../log.js';
import {
  type FixtureDocument,
  type Simulator,
  type SimulatorOptions,
  startSimulator as start,
} from '../simulator/simulator.js';
import {connect, type Session} from '../vim25/session.js';
import {vicMapsFile} from './vic-maps.js';

/** A vCenter of your own, and how to reach it. */
export interface SimulatedTarget {
  /** `https://127.0.0.1:PORT/sdk` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** SHA-256 of its certificate. */
  readonly thumbprint: string;
  /** The server from inside: its VMs, its requests, its faults. */
  readonly simulator: Simulator;
  /** A session for `planMigration` and the like, always the same one; it is closed at the end of the test. */
  session(): Promise<Session>;
}

/** How the simulator behaves; everything has a default. Appliances start and stop in milliseconds, unless the fixture says else. */
export type WithSimulatorOptions = Omit<SimulatorOptions, 'fixture' | 'host' | 'port'>;

/** A vCenter of your own that runs until it is closed. */
export interface StartedSimulator extends SimulatedTarget, AsyncDisposable {
  /** Rejects with VCH_ERR_VERIFY if a session, view, filter, token or lock was left behind; the server stops all the same. */
  close(): Promise<void>;
}

/** Milliseconds: nobody wants to wait for a guest in a test. */
const QUICK_GUEST = {bootTime: 5, shutdownTime: 5} as const;

/**
 * What lets an upgrade, rollback or resumption against a simulator take less than a second: how often it looks, and how long
 * it waits. Spread it into the options.
 */
export const QUICK_WAITS = {poll: 5, shutdownGrace: 2_000, timeout: 20_000} as const;

/** Starts a simulator for the hooks `before` and `after`, on a fixture: the path of one, or a document. */
export async function startSimulator(
  fixture: FixtureDocument | string,
  options: WithSimulatorOptions = {},
): Promise<StartedSimulator> {
  const simulator = await start({...defaults(fixture), ...options, fixture});
  let opened: Promise<Session> | undefined;
  const before = leasesOn(simulator);
  const {url, user, password, thumbprint} = simulator;
  const closeSession = async () => {
    try {
      await (await opened)?.close();
    } catch {
      // The test has seen a failed login. Whether the session is gone is counted below.
    }
    opened = undefined;
  };
  const close = async () => {
    // Counted before the session ends, because everything it holds ends with it.
    const {views, filters, openTokens} = simulator;
    const held = [...ifAny(views, 'view'), ...ifAny(filters, 'filter'), ...ifAny(openTokens, 'token')];
    await closeSession();
    const left = [
      ...ifAny(simulator.sessions, 'session'),
      ...held,
      ...leasesOn(simulator).filter((lease) => !before.includes(lease)),
    ];
    await simulator.close();
    if (left.length === 0) return;
    throw new VchError(
      'VCH_ERR_VERIFY',
      `the test left behind on the simulator: ${left.join('; ')}. Close every session, and release what it holds`,
    );
  };
  return {
    url,
    user,
    password,
    thumbprint,
    simulator,
    session: () => {
      opened ??= logIn(simulator);
      return opened;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Runs a test against a simulator on a fixture: the path of one, or a document. Rejects with what the test rejects
 * with, or with `VCH_ERR_VERIFY` if it left a session, view, filter, token or lock behind.
 */
export async function withSimulator<T>(
  fixture: FixtureDocument | string,
  test: (target: SimulatedTarget) => Promise<T> | T,
  options: WithSimulatorOptions = {},
): Promise<T> {
  const started = await startSimulator(fixture, options);
  let result: T;
  try {
    result = await test(started);
  } catch (error) {
    // The test's own failure is the one to tell, whatever it left behind.
    await started.close().catch(() => undefined);
    throw error;
  }
  await started.close();
  return result;
}

/** The VIC-encoded maps of this package, for documents that extend them, and a guest that is quick. */
function defaults(fixture: FixtureDocument | string): Partial<SimulatorOptions> {
  if (typeof fixture === 'string') return QUICK_GUEST;
  const {bootTime = QUICK_GUEST.bootTime, shutdownTime = QUICK_GUEST.shutdownTime} = fixture.settings ?? {};
  return {bootTime, shutdownTime, templates: vicMapsFile()};
}

function logIn({url, user, password, thumbprint}: Simulator): Promise<Session> {
  const tls = {thumbprint};
  return connect({url: new URL(url), user, password, tls, runId: 'test', log: silent});
}

/** What holds the VCHs of the simulator: locks, flags and claims. */
function leasesOn({inventory}: Simulator): readonly string[] {
  return [...inventory.vms()].flatMap((vm) => {
    const config = vm.extraConfig();
    const held = LEASE_KEYS.filter((key) => !isFalse(config[key]));
    return held.map((key) => `${key} = ${config[key]} on ${vm.id}`);
  });
}

function ifAny(number: number, word: string): readonly string[] {
  return number === 0 ? [] : [counted(number, word)];
}
