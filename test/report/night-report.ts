import {type Report, type ReportStep, type ReportVm, summarize} from '../../src/report/report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

// One night on one VCH, as every command would report it.

const at = (clock: string) => `2026-11-14T${clock}.000Z`;

type Row = readonly [name: string, phase: string, group: ReportStep['group'], from: string, to: string];

function steps(rows: readonly Row[], failed: readonly string[] = []): readonly ReportStep[] {
  return rows.map(([name, phase, group, from, to]) => ({
    name,
    startedAt: at(from),
    finishedAt: at(to),
    status: failed.includes(name) ? ('failed' as const) : ('done' as const),
    phase,
    ...(group === undefined ? {} : {group}),
  }));
}

const BEGUN: readonly Row[] = [
  ['finding the VCH', 'find', 'Check and plan', '02:06:00', '02:06:03'],
  ['checking', 'check', 'Check and plan', '02:06:03', '02:06:34'],
  ['reading', 'read', 'Check and plan', '02:06:34', '02:06:41'],
  ['planning', 'plan', 'Check and plan', '02:06:41', '02:06:55'],
  ['taking the upgrade lock', 'lock', 'Check and plan', '02:06:55', '02:06:57'],
  ['uploading', 'upload', 'Upload ISO files', '02:06:57', '02:09:23'],
  ['writing', 'write', 'Write containerVMs', '02:09:23', '02:12:12'],
  ['reading back', 'read-back', 'Write containerVMs', '02:12:12', '02:12:41'],
  ['taking the snapshot', 'snapshot', 'Take the snapshot', '02:12:41', '02:13:08'],
  ['powering off', 'power-off', 'Upgrade and boot', '02:13:08', '02:13:39'],
  ['upgrading the appliance', 'appliance', 'Upgrade and boot', '02:13:39', '02:13:43'],
  ['powering on', 'power-on', 'Upgrade and boot', '02:13:43', '02:13:48'],
];

const BEFORE = {version: 'v1.2.1', build: '13858', dataVersion: 5};
const TARGET = {version: 'v1.5.6', build: '20000', dataVersion: 10};

/** The same containerVMs in every report: most change, some need nothing, some need a person. */
function containers(status: ReportVm['status'] = 'changed', unchanged: ReportVm['status'] = 'unchanged') {
  const id = (n: number) => (n * 7919).toString(16).padStart(12, 'c').padEnd(64, '0');
  const named = (name: string, n: number, vm: Partial<ReportVm> = {}) =>
    reportVm({
      id: `vm-${2102 + n}`,
      displayName: `${name}-${id(n)}`,
      containerId: id(n),
      containerName: name,
      status,
      ...vm,
    });
  const still = {
    status: unchanged,
    changes: [],
    applied: [],
    dataVersion: 5,
    rename: 'not-persisted-by-vic',
  } as const;
  const names =
    'web api auth billing catalog chat docs feed forms geo grafana mailer metrics orders search'.split(' ');
  return [
    ...names.map((name, n) =>
      named(
        name,
        n,
        n % 2
          ? {dataVersion: 3, changes: [{key: 'common/rename-disabled', before: null, after: 'true'}]}
          : {},
      ),
    ),
    ...['batch', 'survey', 'stock-sync'].map((name, n) =>
      named(name, 20 + n, {...still, powerState: n === 1 ? 'poweredOff' : 'poweredOn'}),
    ),
    refusedVm({
      id: 'vm-2161',
      displayName: `38d6ad3d21c1-${id(40)}`,
      containerId: id(40),
      error: nameless('38d6ad3d21c1', 'vm-2161'),
    }),
    refusedVm({
      id: 'vm-2164',
      displayName: `60f3566273c5-${id(41)}`,
      containerId: id(41),
      error: nameless('60f3566273c5', 'vm-2164'),
    }),
    named('legacy-reports', 50, {
      id: 'vm-2281',
      status: 'unreachable',
      changes: [],
      applied: [],
      dataVersion: null,
      powerState: null,
      error: {
        code: 'VCH_ERR_HOST_UNREACHABLE',
        message:
          'legacy-reports (vm-2281) cannot be read: disconnected; bring its host or datastore back and run the same command again',
      },
    }),
  ];
}

function nameless(name: string, id: string) {
  return {
    code: 'VCH_ERR_NAME_MISSING',
    message: `${name} (${id}) has no name to copy; set guestinfo.vice./common/name, then run vch-migrate apply`,
    commands: [`govc vm.change -vm VirtualMachine:${id} -e common/name=NAME`],
  };
}

const VERSION = 'guestinfo.vice./init/version/';
const REGISTRY = 'guestinfo.vice./registry/insecure_registries';

const APPLIANCE = reportVm({
  id: 'vm-2101',
  kind: 'appliance',
  displayName: 'vch-web-07',
  containerId: null,
  containerName: null,
  dataVersion: 10,
  rename: 'supported',
  status: 'changed',
  applied: ['0001-appliance-common-name', '0008-appliance-insecure-registries'],
  changes: [
    {key: 'guestinfo.vice..init.sessions|port-layer.started', before: 'true', after: '<nil>'},
    {
      key: 'guestinfo.vice./container/bootstrap_image_path',
      before: '[vol-n2] vch-web-07/bootstrap.iso',
      after: '[vol-n2] vch-web-07/v1.5.6-20000-6dbafb4e-bootstrap.iso',
    },
    {key: 'guestinfo.vice./init/sessions|port-layer/active', before: null, after: 'true'},
    {
      key: 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~',
      before: 'HTTPS_PROXY=(sensitive)',
      after: 'VICADMIN_HTTPS_PROXY=(sensitive)',
    },
    {key: `${VERSION}BuildNumber`, before: '13858', after: '20000'},
    {key: `${VERSION}GitCommit`, before: '3ac41f0', after: '0a1b2c3'},
    {key: `${VERSION}Version`, before: 'v1.2.1', after: 'v1.5.6'},
    {key: `${REGISTRY}|0/Host`, before: '<nil>', after: 'registry.example:5000'},
    {key: `${REGISTRY}|0/Path`, before: 'registry.example:5000', after: '<nil>'},
    {key: `${REGISTRY}~`, before: null, after: 'registry.example:5000|mirror.example'},
    {key: 'init/common/name', before: null, after: 'vch-web-07'},
    {key: `${VERSION}PluginVersion`, before: '5', after: '10'},
  ],
});

const FAILED_APPLIANCE: Partial<ReportVm> = {status: 'failed', applied: [], changes: []};
const LOCKED = {
  held: true,
  by: 'vch-migrate',
  lockId: '00000000-0000-4000-8000-000000000001',
  owner: 'root@jump1',
  phase: 'rollback',
  text: 'An upgrade of vch-web-07 was stopped: by root@jump1, in the phase rollback.',
} as const;

const CARD = [
  'Rollback record of vch-web-07 (vm-2101), run 5b1f0c7e by admin, begun 2026-11-14T02:06:55.000Z',
  'snapshot: snapshot-2790; power before: poweredOn; version before: v1.2.1, build 13858, data version 5',
  'With vch-migrate:',
  '  vch-migrate rollback --id vm-2101',
  'By hand, if vch-migrate cannot:',
  '  govc vm.power -off -force VirtualMachine:vm-2101',
  '  govc snapshot.revert -s -vm VirtualMachine:vm-2101 snapshot-2790',
  '  govc vm.change -vm VirtualMachine:vm-2101 -e vch-migrate/lock= -e vch-migrate/upgrade= -e vch-migrate/ledger= -e UpdateInProgress=',
  '  govc vm.power -on VirtualMachine:vm-2101',
];

const CHECKS = (
  [
    [
      'reach',
      'reach of the containerVMs',
      'warning',
      '1 containerVM cannot be read and would not be changed',
    ],
    [
      'refused',
      'refusals',
      'warning',
      '2 containerVMs would be refused (VCH_ERR_NAME_MISSING) and not changed',
    ],
    ['privileges', 'privileges', 'ok', 'administrator@vsphere.local has every privilege that is needed'],
    ['lock', 'lock and flag', 'ok', 'no upgrade in progress'],
  ] as const
).map(([id, title, status, message]) => ({id, title, status, message}));

/** A report of that night. */
export function night(report: Partial<Report>, vms: readonly ReportVm[] = containers()): Report {
  const example = exampleReport(vms);
  return {
    ...example,
    changeId: 'CHG-20418',
    startedAt: at('02:06:00'),
    finishedAt: at('02:16:36'),
    vch: {
      ...example.vch,
      name: 'vch-web-07',
      id: 'vm-2101',
      ownName: 'vch-web-07',
      ...BEFORE,
      containerVMs: 64,
    },
    checks: CHECKS,
    next: 'vch-migrate status --name vch-web-07',
    ...report,
    summary: summarize(vms),
  };
}

const upgrade = {
  result: 'upgraded',
  error: null,
  run: '5b1f0c7e-3f6d-4c0e-9a55-1d2f7c9e8a10',
  phase: 'done',
  lockId: null,
  snapshot: 'snapshot-2790',
  card: CARD,
  before: BEFORE,
  target: TARGET,
  outage: {from: at('02:13:08'), to: at('02:16:20')},
} as const satisfies Report['upgrade'];
/** The VCH was not touched. */
const {outage, ...untouched} = upgrade;

const vch = night({}).vch;
const timeout = {
  code: 'VCH_ERR_TIMEOUT',
  message:
    'Upgrading VCH exceeded time limit of 10m0s. Please increase the timeout using --timeout to accommodate for a busy vSphere target: vch-web-07 (vm-2101) was still waiting for the start of port-layer (port-layer exited: exec format error)',
};

/** Upgraded; three containerVMs are left. */
export const upgraded = night(
  {
    command: 'upgrade',
    vch: {...vch, ...TARGET},
    upgrade,
    steps: steps([
      ...BEGUN,
      ['waiting until ready', 'ready', 'Upgrade and boot', '02:13:48', '02:16:20'],
      ['verifying the appliance', 'verify-appliance', 'Verify and unlock', '02:16:20', '02:16:34'],
      ['releasing the upgrade lock', 'unlock', 'Verify and unlock', '02:16:34', '02:16:36'],
    ]),
    actions: [
      {
        text: 'Name the two containers, then take up only what is left',
        command: 'vch-migrate apply --from-report vch-web-07.json --only unresolved --name vch-web-07',
      },
    ],
  },
  [APPLIANCE, ...containers()],
);

/** Failed, and put back by itself. */
export const failed = night(
  {
    command: 'upgrade',
    finishedAt: at('02:26:40'),
    upgrade: {
      ...upgrade,
      result: 'as-before',
      error: timeout,
      phase: 'rollback-cleanup',
      outage: {from: at('02:13:08'), to: at('02:26:21')},
    },
    steps: steps(
      [
        ...BEGUN,
        ['waiting until ready', 'ready', 'Upgrade and boot', '02:13:48', '02:23:48'],
        ['reverting to the snapshot', 'revert', 'Put back', '02:23:48', '02:24:10'],
        ['powering on', 'power-on', 'Put back', '02:24:10', '02:24:15'],
        ['waiting until ready', 'ready', 'Put back', '02:24:15', '02:26:21'],
        ['cleaning up', 'cleanup', 'Put back', '02:26:21', '02:26:38'],
        ['releasing the upgrade lock', 'unlock', 'Verify and unlock', '02:26:38', '02:26:40'],
      ],
      [],
    ).map((step, n) => (n === BEGUN.length ? {...step, status: 'failed' as const} : step)),
    findings: [
      {
        code: 'containers-keep-keys',
        message:
          '15 containerVMs keep the hidden keys that this run wrote: the older version does not read them, and the next upgrade finds them already written; vch-migrate undo removes them',
      },
      {
        code: 'docker-not-reached',
        message:
          'this machine cannot tell whether the docker endpoint 10.20.7.31:2376 is up (no answer in time); run docker info on a machine that can reach it',
      },
    ],
    actions: [
      {
        text: 'Compare the ISO file with the checksum of its release',
        command: 'sha256sum v1.5.6/appliance.iso',
      },
      {
        text: 'Fix the cause or allow more time (here 20 min in place of 10 min), then upgrade again',
        command:
          'vch-migrate upgrade --timeout 20m --appliance-iso v1.5.6/appliance.iso --bootstrap-iso v1.5.6/bootstrap.iso --change-id CHG-20418 --name vch-web-07',
      },
      {
        text: 'Only if the prepared keys of 15 containerVMs must go',
        command: 'vch-migrate undo --run 5b1f0c7e-3f6d-4c0e-9a55-1d2f7c9e8a10 --name vch-web-07',
      },
    ],
  },
  [{...APPLIANCE, ...FAILED_APPLIANCE, dataVersion: 5, error: timeout}, ...containers()],
);

/** Failed, and could not be put back: somebody is needed now. */
export const down = night(
  {
    command: 'upgrade',
    finishedAt: at('02:27:28'),
    vch: {...vch, powerState: 'poweredOff', lock: LOCKED},
    upgrade: {
      ...upgrade,
      result: 'needs-person',
      phase: 'rollback',
      error: {
        code: 'VCH_ERR_ROLLBACK_FAILED',
        message: `${timeout.message}. And rolling it back failed: the snapshot snapshot-2790 of vch-web-07 (vm-2101) cannot be reverted to: FileNotFound: vol-n2 is not reachable from esx-n2.example`,
        fault: 'FileNotFound',
      },
      outage: {from: at('02:13:08')},
    },
    steps: steps(
      [
        ...BEGUN,
        ['waiting until ready', 'ready', 'Upgrade and boot', '02:13:48', '02:23:48'],
        ['reverting to the snapshot', 'revert', 'Put back', '02:23:48', '02:27:28'],
      ],
      ['waiting until ready', 'reverting to the snapshot'],
    ),
    actions: [
      {
        text: 'Bring the datastore vol-n2 back on esx-n2.example; look at it',
        command: 'govc datastore.info vol-n2',
      },
      {text: 'Then finish the way back', command: 'vch-migrate rollback --name vch-web-07'},
    ],
  },
  [{...APPLIANCE, ...FAILED_APPLIANCE, dataVersion: 5, powerState: 'poweredOff'}, ...containers()],
);

const short = {startedAt: at('02:30:00'), finishedAt: at('02:30:13')};

/** One report of every command, and of every result of an upgrade. */
export const EVERY: Readonly<Record<string, Report>> = {
  upgraded,
  failed,
  down,
  unfinished: night(
    {
      command: 'upgrade',
      interrupted: true,
      vch: {...vch, lock: LOCKED},
      upgrade: {
        ...untouched,
        result: 'resumable',
        phase: 'snapshot',
        error: {
          code: 'VCH_ERR_INTERRUPTED',
          message:
            'the upgrade of vch-web-07 (vm-2101) was stopped in the phase snapshot. Continue with vch-migrate resume, or undo it with vch-migrate rollback',
        },
      },
      steps: steps(BEGUN.slice(0, 9)),
      next: 'continue: vch-migrate resume --name vch-web-07; or take it back: vch-migrate rollback --name vch-web-07',
    },
    [{...APPLIANCE, ...FAILED_APPLIANCE, dataVersion: 5}, ...containers('not-attempted')],
  ),
  resumed: {...upgraded, command: 'resume'},
  'rolled-back': night(
    {
      command: 'rollback',
      upgrade: {...upgrade, result: 'rolled-back', card: [], snapshot: null},
      steps: steps([['reverting to the snapshot', 'revert', 'Put back', '02:06:30', '02:08:00']]),
    },
    [APPLIANCE, ...containers().filter(({status}) => status !== 'refused')],
  ),
  unlocked: night(
    {
      ...short,
      command: 'unlock',
      checks: [],
      upgrade: {...untouched, result: 'unlocked', card: []},
    },
    [{...APPLIANCE, status: 'unchanged', changes: []}],
  ),
  'dry-run': night(
    {
      ...short,
      command: 'upgrade',
      upgrade: {...untouched, result: 'planned', card: [], snapshot: null, phase: null},
    },
    [{...APPLIANCE, status: 'pending'}, ...containers('pending')],
  ),
  'not-started': night(
    {
      ...short,
      command: 'upgrade',
      checks: CHECKS.map((check, n) => (n === 0 ? {...check, status: 'failed' as const} : check)),
      upgrade: {...untouched, result: 'not-started', card: [], snapshot: null, phase: null},
    },
    [{...APPLIANCE, status: 'not-attempted', changes: []}, ...containers('not-attempted')],
  ),
  'needed-none': night(
    {
      ...short,
      command: 'upgrade',
      vch: {...vch, ...TARGET},
      upgrade: {...untouched, result: 'unchanged', before: TARGET},
    },
    [{...APPLIANCE, status: 'unchanged', changes: []}, ...containers('unchanged')],
  ),
  plan: night(
    {
      ...short,
      command: 'plan',
      planDigest: `sha256:${'9'.repeat(64)}`,
      actions: [{text: 'Carry out exactly this plan', command: 'vch-migrate apply vch-web-07.plan.json'}],
    },
    containers('pending'),
  ),
  apply: night(
    {...short, command: 'apply', next: 'the rest: vch-migrate apply --name vch-web-07'},
    containers().map((vm, n) =>
      n === 0
        ? {
            ...vm,
            status: 'failed' as const,
            changes: [],
            error: {
              code: 'VCH_ERR_VIM_FAULT',
              message: 'web (vm-2102) refused the write: InvalidState',
              fault: 'InvalidState',
            },
          }
        : n === 1
          ? {
              ...vm,
              status: 'conflict' as const,
              changes: [],
              error: {
                code: 'VCH_ERR_CONFLICT',
                message:
                  'api (vm-2103) has changed since the plan: common/name. Nothing was written to it; see it with vch-migrate plan',
              },
            }
          : n === 2
            ? {
                ...vm,
                status: 'unknown' as const,
                error: {
                  code: 'VCH_ERR_OUTCOME_UNKNOWN',
                  message: 'auth (vm-2104): sent, and no answer came; see it with vch-migrate status',
                },
              }
            : n === 3
              ? {...vm, status: 'not-attempted' as const, changes: []}
              : vm,
    ),
  ),
  undo: night({...short, command: 'undo'}),
  verify: night(
    {
      ...short,
      command: 'verify',
      vch: {...vch, ...TARGET},
      compared: [
        {check: 'the hidden name is the name that the old VCH used', ok: 20, of: 20},
        {check: 'docker rename is marked off where VIC cannot do it', ok: 14, of: 15},
      ],
    },
    containers('unchanged').filter(({status}) => status !== 'refused'),
  ),
  differs: night(
    {
      ...short,
      command: 'verify',
      next: 'fix the VMs that are not at their goal, then vch-migrate plan --name vch-web-07',
    },
    containers('unchanged').map((vm, n) =>
      n > 1
        ? vm
        : {
            ...vm,
            status: 'failed',
            changes: [],
            error: {
              code: 'VCH_ERR_VERIFY',
              message: `containerVM ${vm.containerId} is not at its goal: common/name is absent, and should be "web". Look at \`vch-migrate plan\``,
            },
          },
    ),
  ),
  status: night(
    {...short, command: 'status'},
    containers('pending').map((vm) => ({
      ...vm,
      changes: [],
      history: [],
      pending: vm.status === 'pending' ? ['0002-container-common-name'] : [],
    })),
  ),
  audit: night(
    {...short, command: 'audit', next: 'fix the findings, then vch-migrate audit --name vch-web-07'},
    containers('unchanged').map((vm, n) => ({
      ...vm,
      changes: [],
      ...(n < 5
        ? {
            status: 'failed' as const,
            findings: [
              {
                code: 'display-name',
                message: `its display name is ${vm.displayName}, and VIC would give it ${vm.containerName}-000`,
              },
            ],
          }
        : n < 8
          ? {
              findings: [
                {
                  code: 'link-dangling',
                  message: 'it links to "db" as "database", but there is no such container',
                },
              ],
            }
          : {}),
    })),
  ),
  check: night(
    {...short, command: 'check', next: 'vch-migrate upgrade --name vch-web-07'},
    containers('pending'),
  ),
  rename: night({...short, command: 'rename'}, [
    reportVm({
      id: 'vm-2102',
      displayName: 'shop-0123456789ab',
      containerName: 'shop',
      status: 'changed',
      changes: [{key: 'common/name', before: 'web', after: 'shop'}],
    }),
  ]),
};
