import {expect} from 'chai';
import type {ProgressEvent} from '../../src/containers/outcome.js';
import {resumeVch, rollbackVch, unlockVch, upgradeVch} from '../../src/index.js';
import type {Fixture, FixtureVm} from '../../src/simulator/fixture/fixture.js';
import type {Simulator, SimulatorOptions} from '../../src/simulator/simulator.js';
import type {RollbackOptions, UnlockOptions, UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import type {Session} from '../../src/vim25/session.js';
import {ROOT} from '../peers.js';
import {type SmallVm, smallVch, withSession} from '../small-vch.js';

export const APPLIANCE = 'vm-100';
export const LOCK = 'vch-migrate/lock';
export const RECORD = 'vch-migrate/upgrade';
export const LEDGER = 'vch-migrate/ledger';
export const FLAG = 'UpdateInProgress';
export const DATA_VERSION = 'guestinfo.vice./init/version/PluginVersion';
export const CREATETIME = 'guestinfo.vice..createtime';

/** Where VIC keeps its maps, for fixtures that extend them. */
export const TEMPLATES = `${ROOT}fixtures/vic-encoded.jsonl`;

/** Legacy containers, running and stopped, one that VIC would forget a rename of, and a current one. */
export const CONTAINERS: readonly SmallVm[] = [
  {name: 'web', extraConfig: {[CREATETIME]: '1485907200'}},
  {name: 'db', dataVersion: '0', powerState: 'poweredOff', extraConfig: {[CREATETIME]: '1485907201'}},
  {name: 'cache', dataVersion: '5', hiddenName: 'cache', legacyName: null},
  {name: 'job', dataVersion: '10', hiddenName: 'job', legacyName: null},
];

/** The keys of an appliance of VIC 0.9 that an upgrade looks at; VIC's whole map has a hundred and fifty more. */
const APPLIANCE_KEYS = {
  'guestinfo.vice./init/common/id': `VirtualMachine:${APPLIANCE}`,
  'guestinfo.vice./init/common/name': 'vch1',
  'guestinfo.vice./init/version/Version': 'v0.9.0',
  'guestinfo.vice./init/version/BuildNumber': '8000',
  [DATA_VERSION]: '0',
  'guestinfo.vice./init/sessions': 'docker-personality|port-layer|vicadmin',
  'guestinfo.vice./init/sessions|vicadmin/cmd/Env~':
    'PATH=/sbin:/bin|HTTP_PROXY=http://proxy.example:3128?x=1|HTTPS_PROXY=https://proxy.example:3129',
};

const SESSIONS = ['docker-personality', 'port-layer', 'vicadmin'];
const ENV = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';

/** Legacy containers alone. */
export const LEGACY: readonly SmallVm[] = [{name: 'web'}, {name: 'db', powerState: 'poweredOff'}];

/** An appliance that has what each of VIC's plugins changes; {@link UPGRADED} is what an upgrade makes of it. */
export const WITH_ALL_TO_CHANGE: Partial<FixtureVm> = {
  guest: {ip: '192.0.2.10'},
  extraConfig: {
    ...Object.fromEntries(
      SESSIONS.map((session) => [`guestinfo.vice..init.sessions|${session}.started`, '<nil>']),
    ),
    [ENV]: 'PATH=/sbin|HTTP_PROXY=http://u:p@proxy.example:3128/?a=b',
    'guestinfo.vice./registry/insecure_registries': '0',
    'guestinfo.vice./registry/insecure_registries|0/Path': 'registry.example:5000',
    'guestinfo.vice./registry/insecure_registries|0/Host': '<nil>',
  },
};

/** What an upgrade makes of {@link WITH_ALL_TO_CHANGE}; `null` is absent. */
export const UPGRADED: Readonly<Record<string, string | null>> = {
  [DATA_VERSION]: '10',
  'init/common/name': 'vch1',
  [ENV]: 'PATH=/sbin|VICADMIN_HTTP_PROXY=http://u:p@proxy.example:3128/?a=b',
  [FLAG]: 'false',
  [LOCK]: null,
};

/** What a test's VCH has beside the defaults: an appliance of VIC 0.9 whose guest is quick. */
export interface Parts {
  readonly vms?: readonly SmallVm[];
  /** With `extends` it has that map instead of the few keys of the default. */
  readonly appliance?: Partial<FixtureVm>;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** `vch1` of VIC 0.9, with containers of several ages. */
export function upgradable({vms = CONTAINERS, appliance = {}, settings = {}}: Parts = {}): Fixture {
  const fixture = smallVch(vms, {bootTime: 20, shutdownTime: 10, ...settings});
  const [own, ...containers] = fixture.vms ?? [];
  if (own === undefined) throw new Error('the fixture has no VM');
  const keys = 'extends' in appliance ? {} : APPLIANCE_KEYS;
  return {
    ...fixture,
    vms: [{...own, ...appliance, extraConfig: {...keys, ...appliance.extraConfig}}, ...containers],
  };
}

/** Such a VCH on a simulator, and a session with it. */
export function withVch<T>(
  parts: Parts,
  use: (session: Session, simulator: Simulator) => Promise<T>,
  options: Partial<SimulatorOptions> = {},
): Promise<T> {
  return withSession({fixture: upgradable(parts), templates: TEMPLATES, ...options}, use);
}

/** Looks often, and has not long to wait. */
const QUICK = {vch: {name: 'vch1'}, poll: 10, shutdownGrace: 5_000, timeout: 20_000};

export const upgrade = (session: Session, options: Partial<UpgradeOptions> = {}) =>
  upgradeVch(session, {...QUICK, dataOnly: options.applianceIso === undefined, ...options});
export const rollback = (session: Session, options: Partial<RollbackOptions> = {}) =>
  rollbackVch(session, {...QUICK, ...options});
export const resume = (session: Session, options: Partial<UpgradeOptions> = {}) =>
  resumeVch(session, {...QUICK, ...options});
export const unlock = (session: Session, options: Partial<UnlockOptions> = {}) =>
  unlockVch(session, {vch: QUICK.vch, ...options});

/** Does something as soon as a run says that it has come to that step. */
export function at(step: string, act: () => void): {readonly onProgress: (event: ProgressEvent) => void} {
  let done = false;
  return {
    onProgress(event) {
      if (done || event.type !== 'phase' || event.phase !== step) return;
      done = true;
      act();
    },
  };
}

/** An upgrade that a signal stops when it comes to that step. */
export async function stoppedAt(session: Session, step: string): Promise<void> {
  const stop = new AbortController();
  const {upgrade: ended} = await upgrade(session, {...at(step, () => stop.abort()), signal: stop.signal});
  expect(ended.result).to.equal('resumable');
}

/** Every VM's keys, as the server has them. */
export function configs(simulator: Simulator): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(simulator.inventory.vms().map((vm) => [vm.id, vm.extraConfig()]));
}

/** The appliance's keys, as the server has them. */
export function applianceKeys(simulator: Simulator): Readonly<Record<string, string>> {
  return simulator.inventory.vm(APPLIANCE).extraConfig();
}

/** Morefs and names of the appliance's snapshots, parents first. */
export function snapshotsOf(simulator: Simulator): readonly {readonly id: string; readonly name: string}[] {
  type Tree = ReturnType<typeof simulator.inventory.vm>['snapshots'];
  const flat = (tree: Tree): {id: string; name: string}[] =>
    tree.flatMap(({id, name, children}) => [{id, name}, ...flat([...children])]);
  return flat(simulator.inventory.vm(APPLIANCE).snapshots);
}

/** Every VM as the server has it, by its moref: judged from inside, by none of the client's code. */
export function stateOf(simulator: Simulator) {
  return Object.fromEntries(
    simulator.inventory.vms().map((vm) => [
      vm.id,
      {
        extraConfig: vm.extraConfig(),
        powerState: vm.powerState,
        snapshots: vm.snapshots.map(({name}) => name),
      },
    ]),
  );
}

export type State = ReturnType<typeof stateOf>;
