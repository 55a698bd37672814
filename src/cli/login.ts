import {VchError} from '../errors.js';
import type {ReportTarget} from '../report/report.js';
import type {Session} from '../vim25/session.js';
import type {RunContext} from './context.js';
import type {Settings} from './settings.js';

/** Logs in to the target of the settings, asking for the password or starting the simulator where that is needed. */
export async function withTarget<T>(
  settings: Settings,
  runId: string,
  context: RunContext,
  use: (session: Session, user: string) => Promise<T>,
): Promise<T> {
  const {target, retryFor} = settings;
  for (const warning of settings.warnings) context.log.warn(warning);
  if (target.kind === 'vsphere') {
    const user = settings.user ?? '';
    const password = settings.password ?? (await askPassword(user, target.url, context));
    const {tls, proxy} = settings;
    return logIn({url: target.url, user, password, tls, proxy, retryFor}, runId, context, use);
  }
  const simulator = await context.startSimulator({fixture: target.fixture});
  try {
    const user = settings.user ?? simulator.user;
    const password = settings.password ?? simulator.password;
    const tls = {thumbprint: settings.tls.thumbprint ?? simulator.thumbprint};
    return await logIn({url: new URL(simulator.url), user, password, tls, retryFor}, runId, context, use);
  } finally {
    await simulator.close();
  }
}

function logIn<T>(
  access: {
    readonly url: URL;
    readonly user: string;
    readonly password: string;
    readonly tls: Settings['tls'];
    readonly proxy?: URL | undefined;
    readonly retryFor: Settings['retryFor'];
  },
  runId: string,
  context: RunContext,
  use: (session: Session, user: string) => Promise<T>,
): Promise<T> {
  context.redactor.add(access.password);
  const options = {...access, runId, log: context.log, signal: context.stop.signal};
  return context.login(options, (session) => use(session, access.user));
}

async function askPassword(user: string, url: URL, context: RunContext): Promise<string> {
  const password = await context.terminal.askSecret(`Password of ${user} on ${url.host}: `);
  if (password !== '') return password;
  throw new VchError(
    'VCH_ERR_USAGE',
    'no password was given; use --password-file or GOVC_PASSWORD, or type it when asked',
  );
}

/** A target as reports and listings name it. */
export function targetOf({url, about}: Pick<Session, 'url' | 'about'>): ReportTarget {
  return {url: url.href, product: about.fullName, apiVersion: about.apiVersion};
}
