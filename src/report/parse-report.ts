import {
  count,
  flag,
  list,
  moment,
  nullable,
  object,
  oneOf,
  optional,
  type Shape,
  text,
} from '../json-shape.js';
import {
  LOCK_OWNER_STATES,
  REPORT_COMMANDS,
  type Report,
  type ReportChange,
  type ReportCheck,
  type ReportError,
  type ReportFinding,
  type ReportLock,
  type ReportStep,
  type ReportUpgrade,
  type ReportVch,
  type ReportVm,
  summarize,
  UPGRADE_RESULTS,
  VM_STATUSES,
} from './report.js';

const finding: Shape<ReportFinding> = object((read) => ({
  code: read('code', text),
  message: read('message', text),
}));

const error: Shape<ReportError> = object((read) => ({
  code: read('code', text),
  message: read('message', text),
  ...given('fault', read('fault', optional(text))),
}));

const change: Shape<ReportChange> = object((read) => ({
  key: read('key', text),
  before: read('before', nullable(text)),
  after: read('after', nullable(text)),
}));

const step: Shape<ReportStep> = object((read) => ({
  name: read('name', text),
  startedAt: read('startedAt', moment),
  finishedAt: read('finishedAt', moment),
  status: read('status', oneOf(['done', 'failed', 'interrupted'])),
}));

const vm: Shape<ReportVm> = object((read) => ({
  id: read('id', text),
  kind: read('kind', oneOf(['container', 'appliance'])),
  displayName: read('displayName', text),
  containerId: read('containerId', nullable(text)),
  containerName: read('containerName', nullable(text)),
  powerState: read('powerState', nullable(text)),
  dataVersion: read('dataVersion', nullable(count)),
  rename: read('rename', oneOf(['disabled', 'not-persisted-by-vic', 'supported'])),
  status: read('status', oneOf(VM_STATUSES)),
  applied: read('applied', list(text)),
  changes: read('changes', list(change)),
  findings: read('findings', list(finding)),
  error: read('error', nullable(error)),
  ...given('history', read('history', optional(list(text)))),
  ...given('pending', read('pending', optional(list(text)))),
}));

const lock: Shape<ReportLock> = object((read) =>
  read('held', flag)
    ? {
        held: true,
        by: read('by', oneOf(['vch-migrate', 'vic-machine'])),
        lockId: read('lockId', nullable(text)),
        owner: read('owner', nullable(text)),
        phase: read('phase', nullable(text)),
        ...given('since', read('since', optional(nullable(text)))),
        ...given('stopped', read('stopped', optional(flag))),
        ...given('state', read('state', optional(oneOf(LOCK_OWNER_STATES)))),
        ...given('text', read('text', optional(text))),
      }
    : {held: false},
);

const vch: Shape<ReportVch> = object((read) => ({
  name: read('name', text),
  id: read('id', text),
  dataVersion: read('dataVersion', nullable(count)),
  build: read('build', nullable(text)),
  ownName: read('ownName', nullable(text)),
  version: read('version', nullable(text)),
  powerState: read('powerState', nullable(text)),
  computeResource: read('computeResource', nullable(text)),
  containerVMs: read('containerVMs', nullable(count)),
  lock: read('lock', lock),
}));

const check: Shape<ReportCheck> = object((read) => ({
  id: read('id', text),
  title: read('title', text),
  status: read('status', oneOf(['ok', 'warning', 'failed'])),
  message: read('message', text),
}));

const upgrade: Shape<ReportUpgrade> = object((read) => ({
  result: read('result', oneOf(UPGRADE_RESULTS)),
  error: read('error', nullable(error)),
  run: read('run', text),
  phase: read('phase', nullable(text)),
  lockId: read('lockId', nullable(text)),
  snapshot: read('snapshot', nullable(text)),
  card: read('card', list(text)),
}));

/** A report as a program wrote it into a file; throws a ShapeMismatch. What it counts is counted anew. */
export const reportShape: Shape<Report> = object((read) => {
  const vms = read('vms', list(vm));
  return {
    schema: read('schema', oneOf(['vch-migrate/report/v1'])),
    command: read('command', oneOf(REPORT_COMMANDS)),
    runId: read('runId', text),
    changeId: read('changeId', nullable(text)),
    startedAt: read('startedAt', moment),
    finishedAt: read('finishedAt', moment),
    tool: read(
      'tool',
      object((tool) => ({
        name: tool('name', oneOf(['vch-migrate'])),
        version: tool('version', text),
        dataVersion: tool('dataVersion', count),
      })),
    ),
    target: read(
      'target',
      object((target) => ({
        url: target('url', text),
        product: target('product', text),
        apiVersion: target('apiVersion', text),
      })),
    ),
    vch: read('vch', vch),
    plugins: read(
      'plugins',
      list(
        object((plugin) => ({
          id: plugin('id', text),
          version: plugin('version', count),
          target: plugin('target', text),
          summary: plugin('summary', text),
        })),
      ),
    ),
    summary: summarize(vms),
    vms,
    findings: read('findings', list(finding)),
    ...given('steps', read('steps', optional(list(step)))),
    ...given('checks', read('checks', optional(list(check)))),
    ...given('upgrade', read('upgrade', optional(upgrade))),
    ...given('planDigest', read('planDigest', optional(text))),
    interrupted: read('interrupted', flag),
    next: read('next', text),
  };
});

/** A member that may be absent. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  const member: Partial<Record<K, V>> = {};
  if (value !== undefined) member[key] = value;
  return member;
}
