import {VchError} from '../errors.js';
import {makeCertificate} from './certificate.js';
import {type FaultCount, type FaultRule, FaultRules} from './fault-rules.js';
import type {FixtureDocument} from './fixture/fixture.js';
import {loadFixture} from './fixture/load.js';
import {Clock, machineTime, type ServerTime} from './model/clock.js';
import type {LoggedEvent} from './model/event.js';
import type {GuestTiming} from './model/guest.js';
import type {VCenter} from './model/vcenter.js';
import {seededRandom} from './random.js';
import {RequestLog} from './request-log.js';
import {serve} from './server.js';
import {filesOf, inventoryOf, type SimulatedFile, type SimulatedInventory} from './simulated-inventory.js';
import {makeVCenter} from './vcenter.js';

export type {FaultAction, FaultCount, FaultRule, MatchedCall} from './fault-rules.js';
export type {Fixture, FixtureDocument, FixtureHost, FixtureOrigin, FixtureVm} from './fixture/fixture.js';
export {machineTime, type ServerTime} from './model/clock.js';
export type {LoggedEvent} from './model/event.js';
export type {GuestBehaviour} from './model/guest.js';
export type {LoggedRequest, RequestLog} from './request-log.js';
export type {NewVm, SimulatedFile, SimulatedInventory} from './simulated-inventory.js';
export type {SimulatedCdrom, SimulatedSnapshot, SimulatedVm} from './simulated-vm.js';

// Why: docs/decisions/016-what-the-simulator-imitates.md

/** What a simulator is started with. */
export interface SimulatorOptions {
  /** A parsed document, or the path of a JSON file. */
  readonly fixture: FixtureDocument | string;
  /** The file of VIC-encoded maps; by default `vic-encoded.jsonl` beside the fixture. */
  readonly templates?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, any free one. */
  readonly port?: number;
  /** Least and most milliseconds that a task takes. */
  readonly taskDuration?: readonly [number, number];
  /** Milliseconds from power-on to an appliance's address, and from there to its services; beats the fixture's. */
  readonly bootTime?: number;
  /** Milliseconds that a guest takes to shut down; beats the fixture's. */
  readonly shutdownTime?: number;
  /** Of the task durations. */
  readonly seed?: number;
  readonly faults?: readonly FaultRule[];
  /** What the server's clock shows, in milliseconds since 1970; beats that of `time`. */
  readonly now?: () => number;
  /** The time that tasks, boots, delays and sessions go by; by default the machine's. */
  readonly time?: ServerTime;
}

/** A vCenter that runs inside this process. */
export interface Simulator extends AsyncDisposable {
  readonly url: string;
  /** Of the fixture's first user. */
  readonly user: string;
  readonly password: string;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256 of the certificate, upper case, with colons. */
  readonly thumbprint: string;
  readonly requests: RequestLog;
  readonly inventory: SimulatedInventory;
  /** What users have logged, oldest first. */
  readonly events: readonly LoggedEvent[];
  /** What is left behind at this moment. */
  readonly sessions: number;
  readonly views: number;
  readonly filters: number;
  readonly openTokens: number;
  /** How often each scripted fault has met its calls. */
  readonly faultCounts: readonly FaultCount[];
  /** The files of the datastore of that moref, or of the first one of that name. */
  files(datastore: string): SimulatedFile[];
  /** Arms a scripted fault; the count given back goes on counting. */
  addFault(rule: FaultRule): FaultCount;
  clearFaults(): void;
  /** Ends every session: the next calls meet NotAuthenticated. */
  expireSessions(): void;
  close(): Promise<void>;
}

/** Starts a vCenter on the inventory of a fixture, over HTTPS with a certificate of its own. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const {host = '127.0.0.1', port = 0, taskDuration: [least, most] = [2, 10], time = machineTime} = options;
  const loaded = await loadFixture(options.fixture, options.templates);
  const random = seededRandom(options.seed ?? 1);
  const vcenter = makeVCenter(
    loaded,
    new Clock(options.now === undefined ? time : {now: options.now, sleep: (...args) => time.sleep(...args)}),
    timingOf(options),
    () => least + random() * (most - least),
  );
  const [administrator] = vcenter.users;
  if (administrator === undefined) {
    throw new VchError(
      'VCH_ERR_USAGE',
      "the fixture's users are empty; name at least one, or leave them out",
    );
  }
  const certificate = await makeCertificate(host);
  const faults = new FaultRules(options.faults ?? []);
  const requests = new RequestLog();
  const {server, port: bound} = await serve({host, port, certificate, vcenter, faults, requests});
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    vcenter.sessions.endAll();
    vcenter.tasks.close();
    vcenter.inventory.close();
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${bound}/sdk`,
    user: administrator.name,
    password: administrator.password,
    certificate: certificate.cert,
    thumbprint: certificate.thumbprint,
    requests,
    inventory: inventoryOf(vcenter),
    get events() {
      return vcenter.events.all();
    },
    get sessions() {
      return vcenter.sessions.size;
    },
    get views() {
      return vcenter.sessions.all().reduce((sum, {views}) => sum + views.size, 0);
    },
    get filters() {
      return collectorsOf(vcenter).reduce((sum, {filters}) => sum + filters.size, 0);
    },
    get openTokens() {
      return collectorsOf(vcenter).reduce((sum, {openTokens}) => sum + openTokens, 0);
    },
    get faultCounts() {
      return faults.counts;
    },
    files: (datastore) => filesOf(vcenter, datastore),
    addFault: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    expireSessions: () => vcenter.sessions.endAll(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function timingOf({bootTime, shutdownTime}: SimulatorOptions): Partial<GuestTiming> {
  return {...(bootTime !== undefined && {bootTime}), ...(shutdownTime !== undefined && {shutdownTime})};
}

function collectorsOf(vcenter: VCenter) {
  return vcenter.sessions.all().flatMap(({collectors}) => [...collectors.values()]);
}
