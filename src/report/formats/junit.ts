import type {FleetReport, TargetState} from '../fleet/report.js';
import type {Format} from '../format.js';
import {markup} from '../markup.js';
import {changeText, countsText, displayName, findingsOf, upgradeSentences, vmLabel} from '../phrases.js';
import type {Report, ReportCheck, ReportStatus} from '../report.js';

/** For build servers. */
export const junit: Format = {
  name: 'junit',
  ending: '.xml',
  report: toJunit,
  fleet: fleetJunit,
  failure({command, error: {code, message}}, time) {
    const name = `vch-migrate ${command ?? ''}`.trim();
    return testSuite({
      name,
      timestamp: time,
      hostname: 'localhost',
      seconds: 0,
      cases: [{name, classname: 'vch-migrate', result: 'error', type: code, message}],
    });
  },
};

/** A run over a fleet: a suite a VCH, also for what the run leaves alone, with a case for the VCH and one for each of its VMs that needs a look. */
function fleetJunit({run, vchs, vcenters, leftOut}: FleetReport): string {
  const hosts = new Map(
    vcenters.map(({name, url}) => [name, URL.canParse(url) ? new URL(url).hostname : 'localhost']),
  );
  const hostname = (vcenter: string) => hosts.get(vcenter) ?? 'localhost';
  const classname = `vch-migrate.fleet.${run.command}`;
  const suites: readonly TestSuite[] = [
    ...vchs.map((vch): TestSuite => {
      const error = vch.outcome?.error;
      const began = vch.beganAt ?? run.createdAt;
      return {
        name: `${vch.vcenter}/${vch.name}`,
        timestamp: began,
        hostname: hostname(vch.vcenter),
        seconds: vch.endedAt === null ? 0 : (Date.parse(vch.endedAt) - Date.parse(began)) / 1000,
        properties: [
          ['run', run.id],
          ['vch', `${vch.name} (${vch.id})`],
          ['result', vch.result ?? vch.state],
        ],
        cases: [
          {
            ...{name: `${run.command} ${vch.name} (${vch.id})`, classname},
            result: TARGET_RESULT[vch.state],
            type: error?.code ?? vch.state,
            message: `${vch.state}${error == null ? '' : `: ${error.message}`}`,
          },
          ...(vch.outcome?.attention ?? []).map(({name, status, code}) => ({
            ...{name, classname, result: 'skipped' as const, type: code, message: status},
          })),
        ],
      };
    }),
    ...leftOut.map(
      ({vcenter, id, name, why, message}): TestSuite => ({
        name: name === null ? vcenter : `${vcenter}/${name}`,
        ...{timestamp: run.createdAt, hostname: hostname(vcenter), seconds: 0},
        properties: [
          ['run', run.id],
          ['result', why],
        ],
        cases: [
          {
            name: `${run.command} ${name ?? vcenter}${id === null ? '' : ` (${id})`}`,
            ...{classname, type: why, message},
            result: why === 'unplanned' ? 'error' : 'skipped',
          },
        ],
      }),
    ),
  ];
  return suitesDocument(suites);
}

type Result = 'passed' | 'failure' | 'error' | 'skipped';

export interface TestCase {
  readonly name: string;
  readonly classname: string;
  readonly result: Result;
  readonly type: string;
  readonly message: string;
}

/** What a build server shows for a VM's status. */
const VM_RESULT: Readonly<Record<ReportStatus, Result>> = {
  pending: 'passed',
  changed: 'passed',
  unchanged: 'passed',
  failed: 'failure',
  conflict: 'failure',
  unknown: 'error',
  refused: 'skipped',
  unreachable: 'skipped',
  'not-attempted': 'skipped',
  skipped: 'skipped',
};

/** What a build server shows for the state of a VCH. */
const TARGET_RESULT: Readonly<Record<TargetState, Result>> = {
  ...{
    done: 'passed',
    partly: 'passed',
    failed: 'failure',
    down: 'failure',
    unreachable: 'error',
    stopped: 'error',
  },
  ...{
    pending: 'skipped',
    queued: 'skipped',
    deferred: 'skipped',
    running: 'skipped',
    held: 'skipped',
    cancelled: 'skipped',
  },
};

/** A warning stops no upgrade; its text is written beside the cases. */
const CHECK_RESULT: Readonly<Record<ReportCheck['status'], Result>> = {
  ok: 'passed',
  warning: 'passed',
  failed: 'failure',
};

/** A report as JUnit XML: a test case for each check and each VM. Valid for Ant's schema and for the looser one of Jenkins. */
export function toJunit(report: Report): string {
  const {vch, vms, checks = [], command, startedAt, finishedAt, target} = report;
  return testSuite({
    name: `vch-migrate ${command} ${vch.name}`,
    timestamp: startedAt,
    hostname: URL.canParse(target.url) ? new URL(target.url).hostname : 'localhost',
    seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
    properties: [
      ['command', command],
      ['run', report.runId],
      ['change', report.changeId ?? ''],
      ['saved plan', report.planDigest ?? ''],
      ...(report.upgrade === undefined ? [] : [['upgrade', upgradeSentences(report).join(' ')] as const]),
      ['target', target.url],
      ['vch', `${vch.name} (${vch.id})`],
      ['summary', countsText(report)],
    ],
    cases: [
      ...checks.map(({id, title, status, message}) => ({
        name: title,
        classname: `vch-migrate.${command}.checks`,
        result: CHECK_RESULT[status],
        type: id,
        message,
      })),
      ...vms.map((vm) => {
        const reason = vm.error?.message ?? vm.findings[0]?.message;
        return {
          name: `${displayName(vm)} (${vm.id})`,
          classname: `vch-migrate.${command}`,
          result: VM_RESULT[vm.status],
          type: vm.error?.code ?? vm.status,
          message: reason === undefined ? vm.status : `${vm.status}: ${reason}`,
        };
      }),
    ],
    out: vms.flatMap((vm) => vm.changes.map((change) => `${vmLabel(vm)}: ${changeText(change)}`)),
    err: [
      ...checks.filter(({status}) => status === 'warning').map(({id, message}) => `${id}: ${message}`),
      ...findingsOf(report).map(({code, message}) => `${code}: ${message}`),
    ],
  });
}

/** One suite of a document. */
export interface TestSuite {
  readonly name: string;
  readonly timestamp: string;
  readonly hostname: string;
  readonly seconds: number;
  readonly properties?: readonly (readonly [string, string])[];
  readonly cases: readonly TestCase[];
  readonly out?: readonly string[];
  readonly err?: readonly string[];
}

function testSuite(suite: TestSuite): string {
  return suitesDocument([suite]);
}

/** A document of several suites. */
export function suitesDocument(suites: readonly TestSuite[]): string {
  const elements = suites.flatMap(suiteElement);
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...elements, '</testsuites>', ''].join(
    '\n',
  );
}

function suiteElement(
  {name, hostname, seconds, properties = [], cases, out = [], err = [], ...suite}: TestSuite,
  id: number,
): readonly string[] {
  const count = (wanted: Result) => cases.filter(({result}) => result === wanted).length;
  // Ant's schema has no place for a time zone.
  const timestamp = new Date(suite.timestamp).toISOString().slice(0, 19);
  return [
    `  <testsuite id="${id}" package="vch-migrate" name="${markup(name)}" timestamp="${timestamp}" ` +
      `hostname="${markup(hostname)}" tests="${cases.length}" failures="${count('failure')}" ` +
      `errors="${count('error')}" skipped="${count('skipped')}" time="${seconds.toFixed(3)}">`,
    '    <properties>',
    ...properties.map(([key, value]) => `      <property name="${key}" value="${markup(value)}"/>`),
    '    </properties>',
    ...cases.map((testCase) => `    ${testCaseElement(testCase)}`),
    `    <system-out>${out.map(markup).join('\n')}</system-out>`,
    `    <system-err>${err.map(markup).join('\n')}</system-err>`,
    '  </testsuite>',
  ];
}

function testCaseElement({name, classname, result, type, message}: TestCase): string {
  const head = `<testcase name="${markup(name)}" classname="${markup(classname)}" time="0"`;
  if (result === 'passed') return `${head}/>`;
  // A skipped test has no type.
  const attributes =
    result === 'skipped'
      ? `message="${markup(`${type}: ${message}`)}"`
      : `type="${markup(type)}" message="${markup(message)}"`;
  return `${head}><${result} ${attributes}/></testcase>`;
}
