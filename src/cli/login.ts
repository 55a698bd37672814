import type {Dump} from '../dump/read-dump.js';
import {VchError} from '../errors.js';
import type {ReportTarget} from '../report/report.js';
import type {ConnectOptions} from '../vim25/http-client.js';
import type {Session} from '../vim25/session.js';
import type {RunContext} from './context.js';
import type {Settings} from './settings.js';

/** A dump that stands for the target, and its file. */
export type ReadDump = Dump & {readonly file: string};

/** Logs in to the target of the settings; asks for a missing password, or starts the simulator. */
export async function withTarget<T>(
  {target, warnings, tls, proxy, retryFor, ...settings}: Settings,
  runId: string,
  context: RunContext,
  use: (session: Session, user: string, dump?: ReadDump) => Promise<T>,
): Promise<T> {
  const {log, stop, redactor} = context;
  for (const warning of warnings) log.warn(warning);
  const logIn = (
    access: Pick<ConnectOptions, 'url' | 'user' | 'password' | 'tls' | 'proxy'>,
    dump?: ReadDump,
  ) => {
    redactor.add(access.password);
    const options = {...access, retryFor, runId, log, signal: stop.signal};
    return context.login(options, (session) => use(session, access.user, dump));
  };
  if (target.kind === 'vsphere') {
    const {url} = target;
    const user = settings.user ?? '';
    const password = settings.password ?? (await askPassword(user, url, context));
    return logIn({url, user, password, tls, proxy});
  }
  const {readDump} = await import('../dump/read-dump.js');
  const dump = target.isDump ? {...readDump(target.fixture), file: target.fixture} : undefined;
  const simulator = await context.startSimulator({fixture: dump?.fixture ?? target.fixture});
  try {
    const access = {
      url: new URL(simulator.url),
      user: settings.user ?? simulator.user,
      password: settings.password ?? simulator.password,
      tls: {thumbprint: tls.thumbprint ?? simulator.thumbprint},
    };
    return await logIn(access, dump);
  } finally {
    await simulator.close();
  }
}

async function askPassword(user: string, url: URL, context: RunContext): Promise<string> {
  const password = await context.terminal.askSecret(`Password of ${user} on ${url.host}: `);
  if (password !== '') return password;
  throw new VchError(
    'VCH_ERR_USAGE',
    'no password was given; use --password-file or GOVC_PASSWORD, or type it when asked',
  );
}

/** A target as reports and listings name it; a dump by its file. */
export function targetOf({url, about}: Pick<Session, 'url' | 'about'>, dump?: ReadDump): ReportTarget {
  const where = dump === undefined ? url.href : `dump:${dump.file}`;
  return {url: where, product: about.fullName, apiVersion: about.apiVersion};
}
