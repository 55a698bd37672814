import type {loadRegistry} from '../plugin-files/load-plugins.js';
import type {Simulator, SimulatorOptions} from '../simulator/simulator.js';
import type {withSession} from '../vim25/session.js';
import type {RunLogger} from './logger.js';
import type {EventStream} from './publish.js';
import type {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';
import {holdAll} from './v8.js';

/** The running simulator, as far as the commands need it. */
export type RunningSimulator = Pick<Simulator, 'url' | 'user' | 'password' | 'thumbprint' | 'close'>;

/** What every command works with. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly stop: Stop;
  readonly version: string;
  readonly now: () => Date;
  readonly newRunId: () => string;
  /** Logs in, calls `use` with the session, and always logs out. */
  readonly login: typeof withSession;
  readonly startSimulator: (
    options: Pick<SimulatorOptions, 'fixture' | 'host' | 'port'>,
  ) => Promise<RunningSimulator>;
  /** VIC's plugins, and those of the directories. */
  readonly registry: typeof loadRegistry;
}

/** What a command works with once its settings are read and the log is open. */
export interface RunContext extends CliContext {
  readonly log: RunLogger;
  readonly redactor: Redactor;
  readonly events: EventStream;
  readonly output: OutputSettings;
}

/** The layers below the commands. Each is loaded when it is first needed: `--help` needs none of them. */
export const layers: Pick<CliContext, 'login' | 'startSimulator' | 'registry'> = {
  login: async (options, use) => (await import('../vim25/session.js')).withSession(options, use),
  startSimulator: async (options) => {
    holdAll();
    return (await import('../simulator/simulator.js')).startSimulator(options);
  },
  registry: async (directories) =>
    (await import('../plugin-files/load-plugins.js')).loadRegistry(directories),
};
