import type {Format} from '../format.js';
import {markup} from '../markup.js';
import {changeText, countsText, displayName, upgradeSentences, vmLabel} from '../phrases.js';
import type {Report, ReportCheck, ReportError, ReportStatus, ReportVm} from '../report.js';

/** For build servers. */
export const junit: Format = {
  name: 'junit',
  ending: '.xml',
  report: toJunit,
  failure: ({command, error}, time) => failureToJunit(command, error, time),
};

type Result = 'passed' | 'failure' | 'error' | 'skipped';

/** How a build server is to see where a VM ended. */
const RESULT: Readonly<Record<ReportStatus, Result>> = {
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

/** A warning stops no upgrade; what it says stands beside the cases. */
const CHECK_RESULT: Readonly<Record<ReportCheck['status'], Result>> = {
  ok: 'passed',
  warning: 'passed',
  failed: 'failure',
};

/** A report as JUnit XML: a test case for each check and each VM. Valid for Ant's schema and for the looser one of Jenkins. */
export function toJunit(report: Report): string {
  const {vch} = report;
  const {checks = []} = report;
  const cases = [
    ...checks.map((check) => checkCase(report, check)),
    ...report.vms.map((vm) => testCase(report, vm)),
  ];
  const of = (result: Result) =>
    report.vms.filter(({status}) => RESULT[status] === result).length +
    checks.filter(({status}) => CHECK_RESULT[status] === result).length;
  const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
  return suites({
    name: `vch-migrate ${report.command} ${vch.name}`,
    timestamp: report.startedAt,
    hostname: hostOf(report.target.url),
    counts: {tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped')},
    seconds,
    properties: [
      ['command', report.command],
      ['run', report.runId],
      ['change', report.changeId ?? ''],
      ['saved plan', report.planDigest ?? ''],
      ...(report.upgrade === undefined ? [] : [['upgrade', upgradeSentences(report).join(' ')] as const]),
      ['target', report.target.url],
      ['vch', `${vch.name} (${vch.id})`],
      ['summary', countsText(report)],
    ],
    cases,
    out: report.vms.flatMap((vm) => vm.changes.map((change) => `${vmLabel(vm)}: ${changeText(change)}`)),
    err: [
      ...checks.filter(({status}) => status === 'warning').map(({id, message}) => `${id}: ${message}`),
      ...[...report.findings, ...report.vms.flatMap((vm) => vm.findings)].map(
        ({code, message}) => `${code}: ${message}`,
      ),
    ],
  });
}

/** A command that failed as a whole, as JUnit XML. */
export function failureToJunit(command: string | null, error: ReportError, time: string): string {
  const name = `vch-migrate ${command ?? ''}`.trim();
  return suites({
    name,
    timestamp: time,
    hostname: 'localhost',
    counts: {tests: 1, failures: 0, errors: 1, skipped: 0},
    seconds: 0,
    properties: [],
    cases: [
      `<testcase name="${markup(name)}" classname="vch-migrate" time="0">${outcome('error', error.code, error.message)}</testcase>`,
    ],
    out: [],
    err: [],
  });
}

interface Suite {
  readonly name: string;
  readonly timestamp: string;
  readonly hostname: string;
  readonly counts: Readonly<Record<'tests' | 'failures' | 'errors' | 'skipped', number>>;
  readonly seconds: number;
  readonly properties: readonly (readonly [string, string])[];
  readonly cases: readonly string[];
  readonly out: readonly string[];
  readonly err: readonly string[];
}

function suites(suite: Suite): string {
  const counts = Object.entries(suite.counts).map(([name, value]) => ` ${name}="${value}"`);
  // Ant's schema has no place for a time zone.
  const timestamp = new Date(suite.timestamp).toISOString().slice(0, 19);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite id="0" package="vch-migrate" name="${markup(suite.name)}" timestamp="${timestamp}" ` +
      `hostname="${markup(suite.hostname)}"${counts.join('')} time="${suite.seconds.toFixed(3)}">`,
    '    <properties>',
    ...suite.properties.map(([name, value]) => `      <property name="${name}" value="${markup(value)}"/>`),
    '    </properties>',
    ...suite.cases.map((testcase) => `    ${testcase}`),
    `    <system-out>${suite.out.map(markup).join('\n')}</system-out>`,
    `    <system-err>${suite.err.map(markup).join('\n')}</system-err>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(report: Report, vm: ReportVm): string {
  const name = `${displayName(vm)} (${vm.id})`;
  const head = `<testcase name="${markup(name)}" classname="${markup(`vch-migrate.${report.command}`)}" time="0"`;
  const result = RESULT[vm.status];
  if (result === 'passed') return `${head}/>`;
  const message = vm.error?.message ?? vm.findings[0]?.message ?? '';
  return `${head}>${outcome(result, vm.error?.code ?? vm.status, `${vm.status}${message === '' ? '' : `: ${message}`}`)}</testcase>`;
}

function checkCase({command}: Report, {id, title, status, message}: ReportCheck): string {
  const head = `<testcase name="${markup(title)}" classname="${markup(`vch-migrate.${command}.checks`)}" time="0"`;
  const result = CHECK_RESULT[status];
  return result === 'passed' ? `${head}/>` : `${head}>${outcome(result, id, message)}</testcase>`;
}

function outcome(result: Exclude<Result, 'passed'>, type: string, message: string): string {
  // A skipped test has no type.
  if (result === 'skipped') return `<skipped message="${markup(`${type}: ${message}`)}"/>`;
  return `<${result} type="${markup(type)}" message="${markup(message)}"/>`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : 'localhost';
}
