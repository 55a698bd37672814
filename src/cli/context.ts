import type {Logger} from '../log.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {Simulator} from '../simulator/simulator.js';
import type {ConnectOptions} from '../vim25/http-client.js';
import type {Session} from '../vim25/session.js';
import type {EventStream} from './publish.js';
import type {Redactor} from './redactor.js';
import type {OutputSettings} from './settings.js';
import type {Stop} from './stop.js';
import type {Terminal} from './terminal.js';

/** The running simulator, as far as the commands need it. */
export type RunningSimulator = Pick<Simulator, 'url' | 'user' | 'password' | 'thumbprint' | 'close'>;

/** What every command works with. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly stop: Stop;
  readonly version: string;
  readonly now: () => Date;
  readonly newRunId: () => string;
  /** Logs in, hands out the session, and logs out whatever happens. */
  login<T>(options: ConnectOptions, use: (session: Session) => Promise<T>): Promise<T>;
  startSimulator(options: {
    readonly fixture: string;
    readonly host?: string;
    readonly port?: number;
  }): Promise<RunningSimulator>;
  /** VIC's plugins, and those of the directories. */
  registry(directories: readonly string[]): Promise<PluginRegistry>;
}

/** What a command works with once its settings are read and the log is open. */
export interface RunContext extends CliContext {
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly events: EventStream;
  readonly output: OutputSettings;
}

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
