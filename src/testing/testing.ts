// What `vch-migrate/testing` exports: for authors of plugins, and for your own upgrade test suites.
export type {
  FaultCount,
  FaultRule,
  FixtureDocument as Fixture,
  FixtureVm,
  GuestBehaviour,
  LoggedEvent,
  SimulatedCdrom,
  SimulatedFile,
  SimulatedSnapshot,
  SimulatedVm,
  Simulator,
} from '../simulator/simulator.js';
export {
  type CheckPluginOptions,
  checkPlugin,
  type PluginCheck,
  type PluginExample,
} from './check-plugin.js';
export {containerBiosUuid, type DockerCreateOptions, dockerCreate} from './docker-create.js';
export {
  type IsoFileOptions as VicIsoOptions,
  isoFile as vicIso,
  writeIso as writeVicIso,
} from './iso-file.js';
export {containerIdOf, type VchContainer, type VchFixtureOptions, vchFixture} from './vch-fixture.js';
export {applianceAsVic, containerAsVic, vicList, vicValue} from './vic-view.js';
export {
  QUICK_WAITS,
  type SimulatedTarget,
  type StartedSimulator,
  startSimulator,
  type WithSimulatorOptions,
  withSimulator,
} from './with-simulator.js';
