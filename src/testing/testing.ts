// What `vch-migrate/testing` exports: for authors of plugins, and for your own upgrade test suites.
export type {
  FaultCount,
  FaultRule,
  Fixture,
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
export {
  type SimulatedTarget,
  type WithSimulatorOptions,
  withSimulator,
} from './with-simulator.js';
