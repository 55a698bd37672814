import {
  count,
  fields,
  flag,
  list,
  moment,
  nullable,
  oneOf,
  type Shape,
  type ShapeOf,
  text,
} from '../json-shape.js';

/** The status of one VM, in the order of the summary. */
export const VM_STATUSES = [
  'pending',
  'changed',
  'unchanged',
  'refused',
  'failed',
  'conflict',
  'unreachable',
  'unknown',
  'not-attempted',
  'skipped',
] as const;

export type ReportStatus = (typeof VM_STATUSES)[number];

/** The commands that end with a report. */
export const REPORT_COMMANDS = [
  'plan',
  'apply',
  'undo',
  'status',
  'verify',
  'rename',
  'audit',
  'check',
  'upgrade',
  'rollback',
  'resume',
  'unlock',
  'rehearse',
] as const;

export type ReportCommand = (typeof REPORT_COMMANDS)[number];

export type ReportSummary = Readonly<Record<'total' | ReportStatus | 'renameDisabled', number>>;

/** Whether the owner of a lock is alive. */
const LOCK_OWNER_STATES = ['alive', 'dead', 'unknown'] as const;

/** The state in which an upgrade, rollback or resumption left the VCH. */
const UPGRADE_RESULTS = [
  'planned',
  'not-started',
  'unchanged',
  'upgraded',
  'as-before',
  'rolled-back',
  'resumable',
  'needs-person',
  'unlocked',
] as const;

const action = fields({text, command: nullable(text)});
/** One thing to do next. `command` is ready to paste; its lines are commands of their own. */
export type ReportAction = ShapeOf<typeof action>;

const finding = fields({code: text, message: text}, {actions: list(action)});
/** Something a person should know, and perhaps the ways to end it. It stops nothing by itself. */
export type ReportFinding = ShapeOf<typeof finding>;

const error = fields({code: text, message: text}, {fault: text, commands: list(text)});
/** Why a VM, or a whole run, is not at its goal. `fault` is vSphere's own name for it; `commands` mend or show it. */
export type ReportError = ShapeOf<typeof error>;

const change = fields({key: text, before: nullable(text), after: nullable(text)});
/** One key; values are masked already. `null`: the key is absent. */
export type ReportChange = ShapeOf<typeof change>;

const vm = fields(
  {
    id: text,
    kind: oneOf(['container', 'appliance']),
    displayName: text,
    containerId: nullable(text),
    containerName: nullable(text),
    powerState: nullable(text),
    dataVersion: nullable(count),
    rename: oneOf(['disabled', 'not-persisted-by-vic', 'supported']),
    status: oneOf(VM_STATUSES),
    applied: list(text),
    changes: list(change),
    findings: list(finding),
    error: nullable(error),
  },
  // Plugins that the VM's own ledger records, and those that `apply` would still run.
  {history: list(text), pending: list(text)},
);
/** One VM of the report. The keys after `error` are additions to the contract. */
export type ReportVm = ShapeOf<typeof vm>;

/** The steps of an upgrade and of its rollback as people see them, in their order. */
export const STEP_GROUPS = [
  'Check and plan',
  'Upload ISO files',
  'Write containerVMs',
  'Take the snapshot',
  'Upgrade and boot',
  'Put back',
  'Verify and unlock',
] as const;

const step = fields(
  {
    name: text,
    startedAt: moment,
    finishedAt: moment,
    status: oneOf(['done', 'failed', 'interrupted']),
  },
  // Its name in the stream of events, and what it is a part of: only the commands over the VCH as a whole have groups.
  {phase: text, group: oneOf(STEP_GROUPS)},
);
/** One step of a run, for its timeline. */
export type ReportStep = ShapeOf<typeof step>;

const heldLock = fields(
  {
    by: oneOf(['vch-migrate', 'vic-machine']),
    lockId: nullable(text),
    owner: nullable(text),
    phase: nullable(text),
  },
  {
    since: nullable(text),
    // Its owner has recorded that it stopped.
    stopped: flag,
    // As far as this machine can tell.
    state: oneOf(LOCK_OWNER_STATES),
    // The holder and what to do about it, in sentences.
    text,
  },
);
/** The upgrade lock on the appliance. */
export type ReportLock = {readonly held: false} | ({readonly held: true} & ShapeOf<typeof heldLock>);

const lock: Shape<ReportLock> = (value, path) => {
  const {held} = fields({held: flag})(value, path);
  return held ? {held, ...heldLock(value, path)} : {held};
};

const vch = fields({
  name: text,
  id: text,
  dataVersion: nullable(count),
  build: nullable(text),
  ownName: nullable(text),
  version: nullable(text),
  powerState: nullable(text),
  computeResource: nullable(text),
  containerVMs: nullable(count),
  lock,
});
/** The VCH of a run. The keys after `build` are additions to the contract. */
export type ReportVch = ShapeOf<typeof vch>;

const check = fields({id: text, title: text, status: oneOf(['ok', 'warning', 'failed']), message: text});
/** One check made before a change. */
export type ReportCheck = ShapeOf<typeof check>;

const release = fields({version: nullable(text), build: nullable(text), dataVersion: nullable(count)});
/** A release of VIC on an appliance. */
export type ReportRelease = ShapeOf<typeof release>;

const upgrade = fields(
  {
    result: oneOf(UPGRADE_RESULTS),
    // What stopped it.
    error: nullable(error),
    // The run of the upgrade itself; a rollback has another run id.
    run: text,
    phase: nullable(text),
    lockId: nullable(text),
    // Moref of the snapshot to go back to.
    snapshot: nullable(text),
    // How to put the VCH back by hand, line by line.
    card: list(text),
  },
  {
    // What the appliance was before the upgrade, and what the upgrade makes of it.
    before: release,
    target: release,
    // While the VCH was down, as far as it was seen; without `to` while it was not seen to be ready again.
    outage: fields({from: moment}, {to: moment}),
  },
);
/** An upgrade of the VCH as a whole. */
export type ReportUpgrade = ShapeOf<typeof upgrade>;

/** What `verify` compared, and on how many of the VMs it was as it should be. */
const compared = fields({check: text, ok: count, of: count});

/** A run on a copy of the VCH. */
const played = fields({
  result: oneOf(UPGRADE_RESULTS),
  error: nullable(error),
  // Milliseconds in the time of the copy. The outage is `null` where docker did not answer at the end.
  took: count,
  outage: nullable(count),
});

const rehearsal = fields(
  {
    // Milliseconds that the copy took.
    taskTime: count,
    bootTime: count,
    upgrade: played,
    // `null` where there was nothing to take back.
    rollback: nullable(played),
    // Ids of VMs that were not as before after the rollback.
    differing: list(text),
    failures: list(
      fields({
        name: text,
        title: text,
        upgrade: played,
        // The command that was run afterwards, and how it ended; `null` where the upgrade came through by itself.
        next: oneOf(['upgrade', 'resume', 'rollback']),
        repair: nullable(played),
      }),
    ),
    cannotShow: list(text),
  },
  // Who says so: the command line, a doctor's result, or nobody.
  {taskTimeFrom: oneOf(['given', 'measured', 'assumed'])},
);
/** An upgrade that was played on a copy of the VCH, its rollback, and failures. */
export type ReportRehearsal = ShapeOf<typeof rehearsal>;

const tool = fields({name: oneOf(['vch-migrate']), version: text, dataVersion: count});
export type ReportTool = ShapeOf<typeof tool>;

const target = fields({url: text, product: text, apiVersion: text});
export type ReportTarget = ShapeOf<typeof target>;

const report = fields(
  {
    schema: oneOf(['vch-migrate/report/v1']),
    command: oneOf(REPORT_COMMANDS),
    runId: text,
    changeId: nullable(text),
    startedAt: moment,
    finishedAt: moment,
    tool,
    target,
    vch,
    plugins: list(fields({id: text, version: count, target: text, summary: text})),
    // `reportShape` counts the VMs itself.
    summary: () => summarize([]),
    vms: list(vm),
    // Findings about the VCH rather than about one VM.
    findings: list(finding),
    // True when the run was stopped before every VM was attempted.
    interrupted: flag,
    // What to do next, with the command line that does it.
    next: text,
  },
  {
    // The steps of the run, in order.
    steps: list(step),
    // The checks of `check` and `upgrade`.
    checks: list(check),
    // Only for the commands over the VCH as a whole.
    upgrade,
    // Only for `rehearse`.
    rehearsal,
    // The digest of the plan that was saved, shown or carried out: `sha256:…`.
    planDigest: text,
    // The settings files that were read, and the profile that was taken from each.
    settings: list(fields({path: text, profile: nullable(text)})),
    // The same as `next`, one by one.
    actions: list(action),
    // Only for `verify`.
    compared: list(compared),
  },
);
/** The report of a command over one VCH, for people and programs. The keys after `vms` are additions to the contract. */
export type Report = ShapeOf<typeof report>;

/** Reads a report from a parsed file, and counts its VMs itself; throws a ShapeMismatch. */
export const reportShape: Shape<Report> = (value, path) => {
  const {interrupted, next, actions, ...read} = report(value, path);
  // These end the document, as in the report of a run.
  return {...read, summary: summarize(read.vms), interrupted, next, ...(actions && {actions})};
};

/** Counts the VMs of a report by their status. */
export function summarize(vms: readonly Pick<ReportVm, 'status' | 'rename'>[]): ReportSummary {
  const counts: Record<ReportStatus, number> = {
    pending: 0,
    changed: 0,
    unchanged: 0,
    refused: 0,
    failed: 0,
    conflict: 0,
    unreachable: 0,
    unknown: 0,
    'not-attempted': 0,
    skipped: 0,
  };
  let renameDisabled = 0;
  for (const vm of vms) {
    counts[vm.status] += 1;
    if (vm.rename === 'disabled') renameDisabled += 1;
  }
  return {total: vms.length, ...counts, renameDisabled};
}
