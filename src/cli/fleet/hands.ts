import {readFileSync} from 'node:fs';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {VchError} from '../../errors.js';
import type {Login} from '../../fleet/credentials.js';
import type {FleetVCenter} from '../../fleet/inventory.js';
import type {UnitEnd} from '../../fleet/outcome.js';
import type {Hands, Unit} from '../../fleet/worker.js';
import type {Logger} from '../../log.js';
import type {VchTarget} from '../../vch-upgrade/vch-target.js';
import type {Session} from '../../vim25/session.js';
import type {Command} from '../command.js';
import type {RunContext} from '../context.js';
import type {GivenOptions} from '../option.js';
import {followRun} from '../progress.js';
import {Redactor} from '../redactor.js';
import {carryOut} from '../run-report.js';
import {type Shared, sessionsToLend} from './lent-sessions.js';

/** What a single command is given instead of a command line. */
interface Line {
  readonly vcenter: FleetVCenter;
  readonly login: Login;
  /** Absent where the vCenter as a whole is meant. */
  readonly vchId?: string;
  readonly name: string;
  readonly command: Unit['command'];
  readonly vchRun: string;
  readonly words: Readonly<Record<string, string | true>>;
  readonly args?: readonly string[];
  /** A session that several commands which only read share, and what was found with it; without it, each logs in. */
  readonly shared?: Shared;
}

/** Does what the single commands do, by the same functions, on one VCH of a fleet. */
export function fleetHands(context: RunContext, commands: readonly Command[]): Hands {
  const lend = sessionsToLend(
    (place, use) =>
      withVCenter(context, commands, place, async (session) => {
        const {discover} = await import('../../inventory/find-vch.js');
        return use({session, inventory: await discover(session)});
      }),
    context.now,
  );
  return {
    perform(unit, signal) {
      if (unit.run.command === 'verify')
        return lend(unit, signal, (shared) =>
          performLine(context, commands, {...lineOf(unit, []), shared}, signal),
        );
      return withPlanFile(unit.command === 'apply' ? unit.plan : null, (args) =>
        performLine(context, commands, lineOf(unit, args), signal),
      );
    },
    async look(unit, signal) {
      const {findFleetVchs} = await import('../../fleet/find-vchs.js');
      const line = {...lineOf({...unit, command: 'status'}, []), name: unit.vcenter.name};
      return withLogin(context, commands, line, signal, async (session) => {
        const {vchs} = await findFleetVchs(session, unit.vcenter);
        return vchs;
      });
    },
    async watch(unit, signal) {
      const [{watchOwner}, {UPGRADE_LOCK}] = await Promise.all([
        import('../../appliance/lease.js'),
        import('../../appliance/upgrade-lock.js'),
      ]);
      await onVch(unit, signal, ({writer}, log) => watchOwner(writer, UPGRADE_LOCK, {signal, log}));
    },
    async lastUpgrade(unit, signal) {
      const {isRollingBack, recordOn} = await import('../../vch-upgrade/steps.js');
      return onVch(unit, signal, async ({writer, label}) => {
        const record = recordOn((await writer.read()).config, label);
        if (record === null) return null;
        const {run, phase} = record;
        return {
          run,
          state: phase === 'done' ? 'done' : isRollingBack(phase) ? 'rolling-back' : 'unfinished',
        };
      });
    },
  };

  async function onVch<T>(
    unit: Unit,
    signal: AbortSignal,
    look: (vch: Pick<VchTarget, 'writer' | 'label'>, log: Logger) => Promise<T>,
  ): Promise<T> {
    const {openVch} = await import('../../vch-upgrade/vch-target.js');
    const line = lineOf({...unit, command: 'status'}, []);
    return withLogin(context, commands, line, signal, async (session, {log}) => {
      const registry = await context.registry([]);
      return look(
        await openVch(session, {
          ...{vch: {id: unit.target.vch}, registry, runId: unit.vchRun, user: session.user},
          ...{toolVersion: context.version, parallelism: 1, log, signal},
        }),
        log,
      );
    });
  }
}

function lineOf({run, target, vcenter, login, command, vchRun, isos}: Unit, args: readonly string[]): Line {
  const {timeout, parallelism} = run.options;
  const writes = ['apply', 'upgrade', 'rollback', 'resume'].includes(command);
  return {
    ...{vcenter, login, vchId: target.vch, name: `${target.vcenter}/${target.name}`, command, vchRun, args},
    words: {
      parallelism: String(parallelism),
      ...(run.change_id === null ? {} : {'change-id': run.change_id}),
      ...(writes ? {yes: true} : {}),
      ...(['upgrade', 'rollback', 'resume'].includes(command) ? {timeout: `${timeout}ms`} : {}),
      ...(command === 'upgrade' || (command === 'resume' && isos !== null) ? isoWords(isos) : {}),
    },
  };
}

/** The options that name the ISO files of an upgrade. */
export function isoWords(isos: Unit['isos']): Line['words'] {
  return isos === null
    ? {'data-only': true}
    : {'appliance-iso': isos.appliance, 'bootstrap-iso': isos.bootstrap};
}

/** A plan made by `plan --out`, beside its report. */
export async function planLine(
  context: RunContext,
  commands: readonly Command[],
  line: Omit<Line, 'command'>,
  signal: AbortSignal,
): Promise<UnitEnd & {readonly plan: string}> {
  return withFolder(async (folder) => {
    const out = join(folder, 'plan.json');
    const end = await performLine(
      context,
      commands,
      {...line, command: 'plan', words: {...line.words, out}},
      signal,
    );
    return {...end, plan: readFileSync(out, 'utf8')};
  });
}

/** Runs a command over one VCH as its command line would, with a log and a redactor of its own. */
export function performLine(
  context: RunContext,
  commands: readonly Command[],
  line: Line,
  signal: AbortSignal,
): Promise<UnitEnd> {
  const startedAt = context.now();
  return withLogin(
    context,
    commands,
    line,
    signal,
    async (session, {prepared, ready, registry, log, redactor, user, stop}) => {
      const terminal = {...context.terminal, live: undefined};
      const followed = followRun(prepared.name, {...context, log, terminal});
      const env = {
        ...context,
        log,
        redactor,
        stop,
        user,
        registry,
        followed,
        startedAt,
        runId: line.vchRun,
        question: undefined,
        inventory: line.shared?.inventory,
      };
      const {report, exit} = await carryOut(prepared, ready, session, env);
      return {report, exit};
    },
  );
}

/** Logs in to a vCenter of the fleet. */
export function withVCenter<T>(
  context: RunContext,
  commands: readonly Command[],
  {vcenter, login}: Pick<Line, 'vcenter' | 'login'>,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const line: Line = {
    vcenter,
    login,
    name: vcenter.name,
    command: 'status',
    vchRun: context.newRunId(),
    words: {},
  };
  return withLogin(context, commands, line, context.stop.signal, use);
}

/** Logs in to the vCenter of a unit, as its command line would. */
async function withLogin<T>(
  context: RunContext,
  commands: readonly Command[],
  line: Line,
  signal: AbortSignal,
  use: (session: Session, with_: Awaited<ReturnType<typeof prepare>> & {readonly user: string}) => Promise<T>,
): Promise<T> {
  const made = await prepare(context, commands, line, signal);
  if (line.shared !== undefined) return use(line.shared.session, {...made, user: line.login.user});
  const {target, user = '', password = '', tls, proxy, retryFor} = made.prepared.settings;
  if (target.kind !== 'vsphere') throw new VchError('VCH_ERR_INTERNAL', 'a vCenter of a fleet is no URL');
  const login = {
    url: target.url,
    user,
    password,
    tls,
    proxy,
    retryFor,
    runId: line.vchRun,
    log: made.log,
    signal,
  };
  return context.login(login, (session) => use(session, {...made, user}));
}

async function prepare(context: RunContext, commands: readonly Command[], line: Line, signal: AbortSignal) {
  const {vcenter, login, vchId, name, words, args = []} = line;
  const {variables} = context.terminal;
  // Neither the password nor settings of another vCenter may reach it otherwise.
  const own = Object.entries(variables).filter(([variable]) => !/^(VIC_MACHINE|GOVC)_/.test(variable));
  const given = optionsOf({
    ...words,
    ...{target: vcenter.url, user: login.user},
    ...(vchId === undefined ? {} : {id: vchId}),
    ...(vcenter.thumbprint === null ? {} : {thumbprint: vcenter.thumbprint}),
    ...(vcenter.ca === null ? {} : {ca: vcenter.ca}),
    ...(vcenter.insecure ? {insecure: true as const} : {}),
  });
  const terminal = {
    columns: 120,
    interactive: false,
    variables: {...Object.fromEntries(own), VIC_MACHINE_PASSWORD: login.password},
  };
  const command = commands.find((one) => one.name === line.command);
  const prepared = command?.prepare({given, args, commands, terminal, version: context.version});
  if (prepared?.kind !== 'report')
    throw new VchError('VCH_ERR_INTERNAL', `${line.command} is no command over a VCH`);
  const redactor = new Redactor();
  redactor.add(login.password);
  context.redactor.add(login.password);
  const stop = {signal, by: () => (signal.aborted ? ('SIGTERM' as const) : null)};
  return {
    ...{prepared, redactor, stop, log: prefixed(context.log, name)},
    ready: await prepared.read(context),
    registry: await context.registry(prepared.plugins),
  };
}

/** The log of one of many VCHs: its name first, and what a person need not read at once for --debug alone. */
function prefixed(log: Logger, name: string): Logger {
  return {
    error: (message) => log.error(`${name}: ${message}`),
    warn: (message) => log.warn(`${name}: ${message}`),
    info: (message) => log.debug(`${name}: ${message}`),
    debug: (message) => log.debug(`${name}: ${message}`),
  };
}

/** Options as a command line gives them. */
function optionsOf(values: Readonly<Record<string, string | true>>): GivenOptions {
  const texts = (name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return typeof value === 'string' ? [value] : [];
  };
  return {
    text: (name) => texts(name)[0],
    texts,
    flag: (name) => values[name] === true,
    names: Object.keys(values),
  };
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vch-migrate-fleet-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** A saved plan as the file that `apply PLAN` reads. */
function withPlanFile<T>(plan: string | null, use: (args: readonly string[]) => Promise<T>): Promise<T> {
  if (plan === null) return use([]);
  return withFolder(async (folder) => {
    const path = join(folder, 'plan.json');
    await writeFile(path, plan, {mode: 0o600});
    return use([path]);
  });
}
