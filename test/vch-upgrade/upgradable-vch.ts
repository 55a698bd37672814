import {builtinPlugins} from '../../plugins/index.js';
import {silent} from '../../src/log.js';
import {createRegistry} from '../../src/migration/registry.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/context.js';
import type {Session} from '../../src/vim25/session.js';
import {type SmallVm, smallVch} from '../small-vch.js';

/** The appliance of {@link upgradableVch}. */
export const APPLIANCE = 'vm-100';

const SESSIONS = ['docker-personality', 'port-layer', 'vicadmin'];
const ENV = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';

/** What an upgrade makes of the appliance's own keys; `null` is absent. */
export const UPGRADED: Readonly<Record<string, string | null>> = {
  'guestinfo.vice./init/version/PluginVersion': '10',
  'init/common/name': 'vch1',
  [ENV]: 'PATH=/sbin|VICADMIN_HTTP_PROXY=http://u:p@proxy.example:3128/?a=b',
  UpdateInProgress: 'false',
  'vch-migrate/lock': null,
};

/** A VCH of data version 0, whose appliance has what each of VIC's plugins changes, and legacy containerVMs. */
export function upgradableVch(
  vms: readonly SmallVm[] = [{name: 'web'}, {name: 'db', powerState: 'poweredOff'}],
): Fixture {
  const fixture = smallVch(vms, {bootTime: 10, shutdownTime: 5});
  const [appliance, ...others] = fixture.vms ?? [];
  if (appliance === undefined) throw new Error('no appliance');
  const {'init/common/name': _, ...extraConfig} = appliance.extraConfig ?? {};
  const sessions = Object.fromEntries(
    SESSIONS.map((session) => [`guestinfo.vice..init.sessions|${session}.started`, '<nil>']),
  );
  return {
    ...fixture,
    vms: [
      {
        ...appliance,
        guest: {ip: '192.0.2.10'},
        extraConfig: {
          ...extraConfig,
          'guestinfo.vice./init/common/name': 'vch1',
          'guestinfo.vice./init/sessions': SESSIONS.join('|'),
          ...sessions,
          [ENV]: 'PATH=/sbin|HTTP_PROXY=http://u:p@proxy.example:3128/?a=b',
          'guestinfo.vice./registry/insecure_registries': '0',
          'guestinfo.vice./registry/insecure_registries|0/Path': 'registry.example:5000',
          'guestinfo.vice./registry/insecure_registries|0/Host': '<nil>',
        },
      },
      ...others,
    ],
  };
}

/** Options of an upgrade that is quick where the real one takes its time. */
export function quickly(session: Session, more: Partial<UpgradeOptions> = {}): UpgradeOptions {
  return {
    vch: {id: APPLIANCE},
    registry: createRegistry(builtinPlugins),
    runId: 'run-1',
    user: session.user,
    toolVersion: '9.9.9',
    parallelism: 4,
    log: silent,
    timeout: 10_000,
    shutdownGrace: 2_000,
    poll: 5,
    ...more,
  };
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
