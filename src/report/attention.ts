import {counted} from '../counted.js';
import {containerName, displayName} from './phrases.js';
import type {Report, ReportError, ReportFinding, ReportStatus, ReportVm} from './report.js';
import {capital, sentence} from './sentence.js';
import {compares, EXCEPTIONS, isUnfinished, statusWord, type Tone} from './vm-words.js';

/** What needs a person, and all that have it in common. */
export interface Reason {
  readonly tone: Tone;
  readonly title: string;
  /** Of the error or finding; `null` for a check. */
  readonly code: string | null;
  /** vSphere's own name of the fault. */
  readonly fault?: string | undefined;
  readonly text: string;
  /** The VMs that it is about; none if it is about the run or the VCH. */
  readonly vms: readonly ReportVm[];
  /** Ready to paste. */
  readonly commands: readonly string[];
}

/** Findings about the VCH that leave something for a person to do. */
const TO_DO = new Set([
  'vch-down',
  'not-ready-after-rollback',
  'upgrade-unfinished',
  'record-unreadable',
  'snapshot-left',
  'iso-left',
  'previous-snapshot-left',
  'rename-unfinished',
  'vic-machine-unfinished',
]);

type Reported = Pick<Report, 'command' | 'upgrade' | 'checks' | 'findings' | 'vms'>;

/** What needs a person: the run's own error first, then the VMs by reason, worst first. */
export function attention(report: Reported): readonly Reason[] {
  const {upgrade, checks = [], findings} = report;
  const failed = checks.filter(({status}) => status === 'failed');
  return [
    ...(upgrade?.error ? [ofError(upgrade.error, upgrade.result === 'resumable' ? 'warn' : 'bad')] : []),
    ...failed.map(({title, message}): Reason => {
      return {
        tone: 'bad',
        title: `The check of ${title} failed`,
        code: null,
        text: message,
        vms: [],
        commands: [],
      };
    }),
    ...findings.filter(({code}) => TO_DO.has(code)).map(ofFinding),
    ...EXCEPTIONS.flatMap((status) => byReason(report, status)),
  ];
}

/** Everything else that a person should know, grouped as reasons are. */
export function remarks(report: Reported): readonly Reason[] {
  const vms = report.vms.filter(
    ({status, error}) => !(status === 'failed' && (error === null || report.command === 'audit')),
  );
  return [
    ...report.findings.filter(({code}) => !TO_DO.has(code)).map(ofFinding),
    ...byFinding(vms).map((reason): Reason => ({...reason, tone: 'mute'})),
  ];
}

/** The containerVMs that are not at their goal. */
export function exceptions({vms}: Pick<Report, 'vms'>): readonly ReportVm[] {
  return vms.filter(({kind, status}) => kind === 'container' && EXCEPTIONS.includes(status));
}

/** Checks before an upgrade that count the containerVMs with a status. */
const COUNTED: readonly (readonly [check: string, status: ReportStatus])[] = [
  ['reach', 'unreachable'],
  ['refused', 'refused'],
];

/** The containerVMs that an upgrade which failed had left out from the beginning: it did them no harm. */
export function setAside(
  report: Pick<Report, 'command' | 'upgrade' | 'checks' | 'vms'>,
): readonly ReportVm[] {
  const {checks = []} = report;
  if (!isUnfinished(report)) return [];
  return COUNTED.flatMap(([check, status]) => {
    const vms = exceptions(report).filter((vm) => vm.status === status);
    const seen = Number.parseInt(checks.find(({id}) => id === check)?.message ?? '', 10);
    return vms.length <= seen ? vms : [];
  });
}

/** A failed way back has two causes in one message: why the upgrade failed, and why it could not be put back. */
function causesOf({code, message}: ReportError): readonly [first: string, last: string] {
  const at = code === 'VCH_ERR_ROLLBACK_FAILED' ? message.indexOf(BOTH) : -1;
  if (at < 0) return ['', message];
  return [message.slice(0, at), message.slice(at + BOTH.length).replace(/^rolling it back failed: /, '')];
}

const BOTH = '. And ';

/** Why an upgrade failed before its way back failed too, as a sentence; empty for every other error. */
export function causeBefore(error: ReportError): string {
  const [first] = causesOf(error);
  return first === '' ? '' : sentence(`Before that: ${shortReason({...error, message: first})}`);
}

/** An error's own words in one sentence, without the rest. */
export function shortReason(error: ReportError): string {
  const [, message] = causesOf(error);
  // The words before are VIC's own, for people and scripts that know them.
  const [, , waited] = WAITED.exec(message) ?? [];
  if (waited !== undefined) return shortIds(`${waited} when its time was up`);
  return shortIds(splitSentence(message)[0]);
}

/** VIC's words for a wait that took too long, and what it waited for. */
const WAITED = /^(.*): ([^:]+ was still waiting for .+)$/s;

/** Ids of 64 digits with their first 12. */
export function shortIds(text: string): string {
  return displayName({displayName: text});
}

/** A text's first sentence, and the rest. Versions and file names have full stops of their own. */
function splitSentence(text: string): readonly [string, string] {
  const end = /[.;] (?=\S)/.exec(text);
  return end === null ? [text, ''] : [text.slice(0, end.index), text.slice(end.index + 2)];
}

function ofError(error: ReportError, tone: Tone): Reason {
  const {code, fault, commands = []} = error;
  const [first, last] = causesOf(error);
  const text = [restOf(last), causeBefore(error), restOf(first)].filter((part) => part !== '').join(' ');
  return {tone, title: capital(shortReason(error)), code, fault, text, vms: [], commands};
}

/** What the short reason leaves out of a message. */
function restOf(message: string): string {
  const [, words = splitSentence(message)[1]] = WAITED.exec(message) ?? [];
  return sentence(shortIds(words));
}

function ofFinding({code, message}: ReportFinding): Reason {
  const [title, text] = splitSentence(shortIds(message));
  return {tone: 'warn', title: capital(title), code, text, vms: [], commands: []};
}

/** The VMs of that status, those with one reason together. */
function byReason(report: Reported, status: ReportStatus): readonly Reason[] {
  const vms = report.vms.filter((vm) => vm.kind === 'container' && vm.status === status);
  // An audit's error only points to the findings.
  const isTold = ({error}: ReportVm) =>
    error !== null && !(report.command === 'audit' && status === 'failed');
  const [told, untold] = [vms.filter(isTold), vms.filter((vm) => !isTold(vm))];
  const groups = grouped(told, ({error}) => `${error?.code} ${error?.fault ?? ''}`);
  return [
    ...groups.flatMap((group): Reason[] => {
      const [{error} = {error: null}] = group;
      if (error === null) return [];
      const why =
        report.command === 'verify' && error.code === 'VCH_ERR_VERIFY' ? undefined : WHY.get(error.code);
      return [
        {
          tone: statusWord(report, status).tone,
          title: `${verb(report, status, group.length)}${why === undefined ? '' : `: ${why}`}`,
          code: error.code,
          fault: error.fault,
          text: oneText(
            group,
            (vm) => vm.error?.message ?? '',
            (vm) => vm,
          ),
          vms: group,
          commands: [...new Set(group.flatMap((vm) => vm.error?.commands ?? []))],
        },
      ];
    }),
    ...byFinding(untold).map((reason): Reason => ({...reason, tone: statusWord(report, status).tone})),
  ];
}

/** VMs with the same finding together, the largest group first. */
function byFinding(vms: readonly ReportVm[]): readonly Omit<Reason, 'tone'>[] {
  const pairs = vms.flatMap((vm) => vm.findings.map((finding) => ({vm, finding})));
  return grouped(pairs, ({finding}) => finding.code)
    .sort((a, b) => b.length - a.length)
    .map((group) => {
      const [{finding} = {finding: {code: ''}}] = group;
      const names = [...new Set(group.map(({vm}) => vm))];
      const what = FINDINGS.get(finding.code) ?? finding.code.replaceAll('-', ' ');
      return {
        title: `${counted(names.length, 'containerVM')}: ${what}`,
        code: finding.code,
        text: oneText(
          group,
          (pair) => pair.finding.message,
          ({vm}) => vm,
        ),
        vms: names,
        commands: [],
      };
    });
}

/** Items with the same key together, in the order of their first. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** What all say, each of itself, or what the first one says as an example. */
function oneText<T>(items: readonly T[], textOf: (item: T) => string, vmOf: (item: T) => ReportVm): string {
  const [first] = items;
  if (first === undefined) return '';
  const {joint, rest} = ownWords(vmOf(first), textOf(first));
  const all = items.every((item) => ownWords(vmOf(item), textOf(item)).rest === rest);
  if (items.length > 1 && all) return shortIds(joint === ' ' ? `Each ${rest}` : capital(rest));
  const about = `${shortName(vmOf(first))}${joint ?? ': '}`;
  if (items.length > 1) return `For example, ${about}${shortIds(rest)}`;
  return joint === null ? capital(shortIds(rest)) : `${about}${shortIds(rest)}`;
}

/** A message about a VM without the VM's label at its beginning, and what stood between them. */
function ownWords({id, containerId}: ReportVm, text: string) {
  const labels = [` (${id})`, ...(containerId === null ? [] : [`containerVM ${containerId}`])];
  for (const label of labels) {
    const end = text.indexOf(label) + label.length;
    const joint = text.startsWith(': ', end) ? ': ' : ' ';
    if (end >= label.length && text.startsWith(joint, end))
      return {joint, rest: text.slice(end + joint.length)};
  }
  return {joint: null, rest: text};
}

/** What people call a VM. */
export function shortName(vm: ReportVm): string {
  return vm.containerName === null ? displayName(vm) : containerName(vm.containerName);
}

function verb({command}: Pick<Report, 'command'>, status: ReportStatus, n: number): string {
  const vms = counted(n, 'containerVM');
  const isPlan = command === 'plan' || command === 'check';
  const [is, was, has] = n === 1 ? ['is', 'was', 'has'] : ['are', 'were', 'have'];
  switch (status) {
    case 'refused':
      return `${vms} ${isPlan ? 'would be' : was} refused`;
    case 'unreachable':
      return `${vms} cannot be read`;
    case 'conflict':
      return `${vms} ${is} in conflict`;
    case 'unknown':
      return `${vms} ${has} an unknown outcome`;
    default:
      if (compares({command}))
        return n === 1 ? `${vms} differs from its goal` : `${vms} differ from their goal`;
      return isPlan ? `${vms} would fail` : `${vms} failed`;
  }
}

/** Why, in few words; the error's own message follows. */
const WHY: ReadonlyMap<string, string> = new Map([
  ['VCH_ERR_NAME_MISSING', 'no name to copy'],
  ['VCH_ERR_HOST_UNREACHABLE', 'host or datastore out of reach'],
  ['VCH_ERR_PLAN_STALE', 'not as it was planned'],
  ['VCH_ERR_DATA_TOO_NEW', 'made by a newer release'],
  ['VCH_ERR_DATA_VERSION_INVALID', 'data version is no number'],
  ['VCH_ERR_LEDGER_INVALID', 'ledger cannot be used'],
  ['VCH_ERR_VERIFY', 'not at its goal'],
  ['VCH_ERR_OUTCOME_UNKNOWN', 'sent, but no answer came'],
  ['VCH_ERR_VIM_FAULT', 'vSphere refused it'],
  ['VCH_ERR_PRIVILEGE', 'a privilege is missing'],
  ['VCH_ERR_TRANSPORT', 'vCenter did not answer'],
  ['VCH_ERR_PLUGIN_FAILED', 'a plugin failed'],
  ['VCH_ERR_PLUGIN_INVALID', 'a plugin cannot be used'],
  ['VCH_ERR_RENAME_DISABLED', 'docker rename is disabled'],
  ['VCH_ERR_TIMEOUT', 'it took too long'],
  ['VCH_ERR_INTERRUPTED', 'the run was stopped'],
]);

/** Findings in few words, where their code alone is not clear. */
const FINDINGS: ReadonlyMap<string, string> = new Map([
  ['display-name', 'the display name breaks the convention'],
  ['datastore-folder', 'the datastore folder breaks the convention'],
  ['name-missing', 'no container name'],
  ['name-twice', 'a container name is used twice'],
  ['uuid-unknown', 'BIOS UUID that no VCH gives'],
  ['id-twice', 'a container id is used twice'],
  ['link-dangling', 'a link leads to no container'],
  ['names-differ', 'the hidden and the legacy name differ'],
  ['legacy-name-only', 'only the legacy name exists'],
  ['name-not-docker', 'docker does not allow the name'],
  ['ledger-missing', 'the mark is set, but its ledger is gone'],
  ['ledger-restored', 'restored or registered again'],
  ['ledger-invalid', 'the ledger cannot be read'],
  ['gone', 'removed during the run'],
  ['other-vch', 'belongs to another VCH'],
  ['template', 'a template'],
]);
