import type {Fixture, FixtureVm} from '../../src/simulator/fixture/fixture.js';
import {smallFixture} from './small-fixture.js';

export const PORT_LAYER_STARTED = 'guestinfo.vice..init.sessions|port-layer.started';
export const VICADMIN_STARTED = 'guestinfo.vice..init.sessions|vicadmin.started';
export const PORT_LAYER_ACTIVE = 'guestinfo.vice./init/sessions|port-layer/active';
export const VICADMIN_ACTIVE = 'guestinfo.vice./init/sessions|vicadmin/active';
export const CLIENT_IP = 'guestinfo.vice..init.networks|client.assigned.IP';

/** A VCH's appliance `vm-1` that runs, and a VM beside it; the guest takes no time. */
export function applianceFixture(vm: Partial<FixtureVm> = {}, more: Partial<Fixture> = {}): Fixture {
  return smallFixture(
    [
      {
        id: 'vm-1',
        name: 'vch-1',
        powerState: 'poweredOn',
        ...vm,
        extraConfig: {
          'guestinfo.vice./init/common/id': 'VirtualMachine:vm-1',
          'guestinfo.vice./init/sessions': 'vicadmin|port-layer',
          'guestinfo.vice./init/version/Version': 'v1.2.1',
          [PORT_LAYER_STARTED]: '<nil>',
          [PORT_LAYER_ACTIVE]: 'true',
          [VICADMIN_ACTIVE]: 'true',
          ...vm.extraConfig,
        },
      },
      {id: 'vm-2', name: 'other'},
    ],
    {settings: {bootTime: 0, shutdownTime: 0}, ...more},
  );
}
