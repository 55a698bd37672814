import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {VchError} from '../errors.js';
import {LEASE_KEYS} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import {silent} from '../log.js';
import {type Fixture, type Simulator, type SimulatorOptions, startSimulator} from '../simulator/simulator.js';
import {connect, type Session} from '../vim25/session.js';

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

/** How the simulator behaves; everything has a default. */
export type WithSimulatorOptions = Omit<SimulatorOptions, 'fixture' | 'host' | 'port'>;

/**
 * Runs a test against a simulator on a fixture: the path of one, or a document. Rejects with what the test rejects
 * with, or with `VCH_ERR_VERIFY` if it left a session, view, filter, token or lock behind.
 */
export async function withSimulator<T>(
  fixture: Fixture | string,
  test: (target: SimulatedTarget) => Promise<T> | T,
  options: WithSimulatorOptions = {},
): Promise<T> {
  const simulator = await startSimulator({...defaults(fixture), ...options, fixture});
  let opened: Promise<Session> | undefined;
  const closeSession = async () => {
    try {
      await (await opened)?.close();
    } catch {
      // The test has seen a failed login. Whether the session is gone is counted below.
    }
    opened = undefined;
  };
  try {
    const before = leasesOn(simulator);
    const {url, user, password, thumbprint} = simulator;
    const result = await test({
      url,
      user,
      password,
      thumbprint,
      simulator,
      session: () => {
        opened ??= logIn(simulator);
        return opened;
      },
    });
    // Counted before the session ends, because everything it holds ends with it.
    const {views, filters, openTokens} = simulator;
    const held = [...counted(views, 'view'), ...counted(filters, 'filter'), ...counted(openTokens, 'token')];
    await closeSession();
    const left = [
      ...counted(simulator.sessions, 'session'),
      ...held,
      ...leasesOn(simulator).filter((lease) => !before.includes(lease)),
    ];
    if (left.length === 0) return result;
    throw new VchError(
      'VCH_ERR_VERIFY',
      `the test left behind on the simulator: ${left.join('; ')}. Close every session, and release what it holds`,
    );
  } finally {
    await closeSession();
    await simulator.close();
  }
}

/** The VIC-encoded maps of this package, for documents that extend them. */
function defaults(fixture: Fixture | string): Pick<SimulatorOptions, 'templates'> {
  if (typeof fixture === 'string') return {};
  const manifest = createRequire(import.meta.url).resolve('vch-migrate/package.json');
  return {templates: join(dirname(manifest), 'fixtures', 'vic-encoded.jsonl')};
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

function counted(number: number, word: string): readonly string[] {
  return number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`];
}
