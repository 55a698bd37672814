import {type Report, type ReportVm, summarize} from '../../src/report/report.js';

/** A containerVM as a report shows it; everything has a default. */
export function reportVm(vm: Partial<ReportVm> = {}): ReportVm {
  return {
    id: 'vm-13',
    kind: 'container',
    displayName: 'web-0a1b2c3d4e5f',
    containerId: '0a1b2c3d4e5f'.padEnd(64, '0'),
    containerName: 'web',
    powerState: 'poweredOn',
    dataVersion: 0,
    rename: 'disabled',
    status: 'pending',
    applied: ['0002-container-common-name', '0004-container-rename-disabled'],
    changes: [
      {key: 'common/name', before: null, after: 'web'},
      {key: 'common/rename-disabled', before: null, after: 'true'},
    ],
    findings: [],
    error: null,
    ...vm,
  };
}

/** One that is refused for want of a name. */
export function refusedVm(vm: Partial<ReportVm> = {}): ReportVm {
  return reportVm({
    id: 'vm-14',
    displayName: 'db-ffffffffffff',
    containerName: null,
    status: 'refused',
    applied: [],
    changes: [],
    error: {
      code: 'VCH_ERR_NAME_MISSING',
      message:
        'db-ffffffffffff (vm-14) has no name to copy; set guestinfo.vice./common/name, then run vch-migrate apply',
    },
    ...vm,
  });
}

/** A report over these VMs. */
export function exampleReport(vms: readonly ReportVm[], report: Partial<Report> = {}): Report {
  return {
    schema: 'vch-migrate/report/v1',
    command: 'plan',
    runId: '11111111-2222-4333-8444-555555555555',
    changeId: null,
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:06.000Z',
    tool: {name: 'vch-migrate', version: '0.1.0', dataVersion: 10},
    target: {url: 'https://vc.example/sdk', product: 'VMware vCenter Server 8.0.2', apiVersion: '8.0.2.0'},
    vch: {
      name: 'vch1',
      id: 'vm-12',
      dataVersion: 0,
      build: '5678',
      ownName: 'vch1',
      version: 'v0.9.0',
      powerState: 'poweredOn',
      computeResource: '/dc1/host/cluster1/Resources/vch1',
      containerVMs: vms.length,
      lock: {held: false},
    },
    plugins: [],
    summary: summarize(vms),
    vms,
    findings: [],
    interrupted: false,
    next: 'vch-migrate apply --name vch1',
    ...report,
  };
}
