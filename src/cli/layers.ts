import type {CliContext} from './context.js';

/** What lies below the commands; each layer is loaded when it is first needed: `--help` waits for none of them. */
export const layers: Pick<CliContext, 'login' | 'startSimulator' | 'registry'> = {
  async login(options, use) {
    const {withSession} = await import('../vim25/session.js');
    return withSession(options, use);
  },
  async startSimulator(options) {
    const {startSimulator} = await import('../simulator/simulator.js');
    return startSimulator(options);
  },
  async registry(directories) {
    const {loadRegistry} = await import('../plugin-files/load-plugins.js');
    return loadRegistry(directories);
  },
};
