import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {findLease} from '../../src/appliance/lease.js';
import {UPGRADE_LOCK} from '../../src/appliance/upgrade-lock.js';
import {isSettled} from '../../src/fleet/advance.js';
import {type FleetReport, TARGET_STATES} from '../../src/report/fleet/report.js';
import type {ServerTime} from '../../src/simulator/model/clock.js';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {ROOT} from '../peers.js';
import {fleetFixture} from './fleet-fixture.js';
import {type Forwarder, startForwarder} from './forwarder.js';

const ID_KEY = 'guestinfo.vice./init/common/id';
const VERSION_KEY = 'guestinfo.vice./init/version/PluginVersion';

/** What nobody may find again. Each vCenter of a farm has the first as its password. */
export const SECRET = 'Zebra-9!crossing';
export const DATABASE_SECRET = 'Otter-8!holding';
/** What a program of credentials says beside the login, and what else is in the environment. */
export const PROGRAM_SECRET = 'Heron-7!standing';
export const ENVIRONMENT_SECRET = 'Lynx-6!listening';

/** Several simulated vCenters with VCHs, and an inventory that names them. */
export interface Farm extends AsyncDisposable {
  readonly simulators: readonly Simulator[];
  readonly forwarders: readonly Forwarder[];
  readonly inventory: string;
  /** The logins, as variables of the environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Starts a farm; its inventory goes into the folder. */
export async function startFarm(
  folder: string,
  {
    vcenters,
    vchs,
    rest = '',
    bootTime = 20,
    time,
    select,
    labels = false,
    twice = false,
    name = (vcenter, vch) => `vc${vcenter}-vch${vch}`,
  }: {
    readonly vcenters: number;
    /** On each vCenter. */
    readonly vchs: number;
    /** Waves, budget and window of the inventory. */
    readonly rest?: string;
    readonly bootTime?: number;
    readonly time?: ServerTime;
    /** `vchs` of each vCenter in the inventory. */
    readonly select?: string;
    /** Gives vCenter n the label `site: s<n>`. */
    readonly labels?: boolean;
    /** The first vCenter is there once more, by another URL and the name `again`. */
    readonly twice?: boolean;
    /** The name of a VCH. */
    readonly name?: (vcenter: number, vch: number) => string;
  },
): Promise<Farm> {
  const simulators = await Promise.all(
    Array.from({length: vcenters}, (_, at) =>
      startSimulator({
        fixture: fleetFixture(vchs, {password: SECRET, name: (vch) => name(at, vch)}),
        templates: `${ROOT}fixtures/vic-encoded.jsonl`,
        taskDuration: [1, 10],
        bootTime,
        ...(time && {time}),
        seed: at + 1,
      }),
    ),
  );
  const forwarders = await Promise.all(simulators.map(({url}) => startForwarder(Number(new URL(url).port))));
  const line = (name: string, port: number | undefined, {thumbprint}: Simulator, at: number) =>
    `  - {name: ${name}, url: "https://127.0.0.1:${port}/sdk", thumbprint: "${thumbprint}", credentials: lab${select === undefined ? '' : `, vchs: ${select}`}${labels ? `, labels: {site: s${at}}` : ''}}\n`;
  const lines = simulators.map((simulator, at) => line(`vc${at}`, forwarders[at]?.port, simulator, at));
  const [first] = simulators;
  if (twice && first !== undefined) lines.push(line('again', Number(new URL(first.url).port), first, 0));
  const inventory = join(folder, 'fleet.yaml');
  await writeFile(inventory, `version: 1\nvcenters:\n${lines.join('')}${rest}`);
  return {
    ...{simulators, forwarders, inventory},
    variables: {
      VCH_MIGRATE_CRED_LAB_USER: 'administrator@vsphere.local',
      VCH_MIGRATE_CRED_LAB_PASSWORD: SECRET,
    },
    async [Symbol.asyncDispose]() {
      for (const forwarder of forwarders) await forwarder[Symbol.asyncDispose]();
      for (const simulator of simulators) await simulator.close();
    },
  };
}

/** Whether a VCH is upgraded, and which processes upgrade others, as the servers know it at this moment. */
export function progressOf({simulators}: Farm): {readonly anyDone: boolean; readonly upgrading: number[]} {
  const configs = simulators.flatMap(({inventory}) => inventory.vms().map((vm) => vm.extraConfig()));
  return {
    anyDone: configs.some(
      (config) =>
        config[ID_KEY] !== undefined &&
        config[VERSION_KEY] === '10' &&
        findLease(UPGRADE_LOCK, config) === null,
    ),
    upgrading: configs.flatMap((config) => findLease(UPGRADE_LOCK, config)?.pid ?? []),
  };
}

/** What the servers themselves say of the VCHs, compared with what the run reports. */
export function judgeFarm({simulators}: Farm, {vchs, events}: FleetReport) {
  const lies: string[] = [];
  let upgraded = 0;
  let asBefore = 0;
  const twice: string[] = [];
  for (const [at, {inventory, requests}] of simulators.entries()) {
    for (const vm of inventory.vms()) {
      const config = vm.extraConfig();
      if (config[ID_KEY] === undefined) continue;
      const told = vchs.find(({vcenter, id}) => vcenter === `vc${at}` && id === vm.id);
      const version = config[VERSION_KEY];
      const clean = vm.powerState === 'poweredOn' && (config['vch-migrate/lock'] ?? '') === '';
      const is = clean && version === '10' ? 'done' : clean && version === '0' ? 'as-before' : 'unfinished';
      if (is === 'done') upgraded += 1;
      if (is === 'as-before') asBefore += 1;
      const said = told?.state === 'done' || told?.state === 'partly' ? 'done' : told?.result;
      if (said !== is)
        lies.push(
          `vc${at}/${vm.name}: is ${is}, but said to be ${told?.state} (${told?.result}; ${JSON.stringify(told?.outcome?.error ?? told?.outcome?.attention)})`,
        );
      if (is !== 'done') continue;
      const calls = (...methods: readonly string[]) =>
        requests.list.filter((call) => methods.includes(call.method) && call.object === vm.id).length;
      // Who goes on with it asks a guest again that is still on its way down, and uploads again what was cut off.
      const goesOn = events.filter(
        ({type, vcenter, vch}) =>
          vcenter === `vc${at}` && vch === vm.id && (type === 'taken-over' || type === 'requeued'),
      ).length;
      const uploads = requests.list.filter(
        ({method, object}) => method.startsWith('PUT') && object.includes(`] ${folderOf(vm.vmPathName)}/`),
      );
      const files = new Set(uploads.map(({object}) => object));
      const containers = inventory
        .vms()
        .filter(({id}) => id !== vm.id && id.slice(0, -2) === vm.id.slice(0, -2));
      const most: readonly (readonly [what: string, is: number, least: number, most: number])[] = [
        ['snapshots', vm.snapshots.length, 1, 1],
        ['power-ons', calls('PowerOnVM_Task'), 1, 1],
        ['power-offs', calls('ShutdownGuest', 'PowerOffVM_Task'), 1, 1 + goesOn],
        ['uploads', uploads.length, files.size, files.size + goesOn],
        // Each container is written once, with its ledger: these are the reconfigures that were carried out.
        ...containers.map((one) => [`writes of ${one.name}`, one.reconfigurations, 1, 1] as const),
      ];
      for (const [what, number, least, limit] of most)
        if (number < least || number > limit) twice.push(`vc${at}/${vm.name}: ${number} ${what}`);
    }
  }
  return {upgraded, asBefore, twice, lies};
}

/** The folder of a `[datastore] folder/name.vmx`. */
function folderOf(vmPathName: string): string {
  return /\] (.*)\/[^/]*$/.exec(vmPathName)?.[1] ?? '';
}

/** The most VCHs of any vCenter that were worked on at a time, judged from the events. */
export function mostAtATime({events}: FleetReport): number {
  const running = new Map<string, Set<string>>();
  let most = 0;
  for (const {type, vcenter, vch} of events) {
    if (vcenter === null || vch === null) continue;
    const own = running.get(vcenter) ?? new Set();
    running.set(vcenter, own);
    if (type === 'began' || type === 'taken-over') own.add(vch);
    // Whatever else happens to it, it is worked on until it has ended, or waits for its next turn.
    else if (type === 'requeued' || TARGET_STATES.some((state) => state === type && isSettled(state)))
      own.delete(vch);
    most = Math.max(most, own.size);
  }
  return most;
}

/** Nothing of the secrets is in a text. */
export function expectNoSecret(text: string, more: readonly string[] = []): void {
  for (const secret of [SECRET, DATABASE_SECRET, PROGRAM_SECRET, ENVIRONMENT_SECRET, ...more])
    for (const spelling of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      expect(text.includes(spelling), `a secret is in it: ${spelling}`).to.equal(false);
}
