import {counted} from '../../counted.js';
import {grouped} from '../attention.js';
import {lockText} from '../lock-text.js';
import {markup} from '../markup.js';
import type {Report, ReportChange, ReportCheck, ReportVm} from '../report.js';
import {capital} from '../sentence.js';
import {secondsText} from '../times.js';
import type {Tone} from '../vm-words.js';
import {handCommands, ownCommand, snapshotNow} from '../way-back.js';
import {commandBox, facts, foldaway, plainTable, prose, section, state} from './elements.js';
import {changeRows, changeTable} from './keys.js';
import {type Anchors, group, names} from './reasons.js';

const CHECKS: Readonly<Record<ReportCheck['status'], {readonly tone: Tone; readonly text: string}>> = {
  failed: {tone: 'bad', text: 'Failed'},
  warning: {tone: 'warn', text: 'Warning'},
  ok: {tone: 'ok', text: 'Passed'},
};

/** What was looked at before the run, the worst first. */
function checkTable(checks: readonly ReportCheck[]): string {
  const order = Object.keys(CHECKS);
  const rows = checks
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map(({title, status, message}) => [markup(capital(title)), state(CHECKS[status]), prose(message)]);
  return plainTable('Checks', ['Check', 'Result', 'Seen'], rows);
}

function checkCounts(checks: readonly ReportCheck[]): string {
  const n = (wanted: ReportCheck['status']) => checks.filter(({status}) => status === wanted).length;
  return `${n('ok')} passed, ${counted(n('warning'), 'warning')}, ${n('failed')} failed`;
}

/** The checks, where they are what the report is about. */
export function checked({command, upgrade, checks = []}: Report): string {
  const matters = command === 'check' || upgrade?.result === 'not-started' || upgrade?.result === 'planned';
  return matters
    ? section('checks', 'What was checked', checkTable(checks), {note: checkCounts(checks)})
    : '';
}

/** What would change: VMs with the same keys together. */
export function willChange({command, vms}: Report, anchors: Anchors): string {
  const pending = vms.filter(({kind, status}) => kind === 'container' && status === 'pending');
  if (pending.length === 0) return '';
  const known = command === 'status' ? byPlugins(pending, anchors) : byKeys(pending, anchors);
  const keys = pending.reduce((sum, {changes}) => sum + changes.length, 0);
  const note =
    command === 'status'
      ? counted(pending.length, 'containerVM')
      : `${counted(keys, 'key')} on ${counted(pending.length, 'containerVM')}`;
  return section('what', command === 'status' ? 'What awaits' : 'What will change', known, {note});
}

function byPlugins(vms: readonly ReportVm[], anchors: Anchors): string {
  return bySize(grouped(vms, ({pending = []}) => pending.join(', ')))
    .map((of) =>
      group(
        {tone: 'info', text: `${counted(of.length, 'containerVM')}: ${of[0]?.pending?.join(', ') ?? ''}`},
        '',
        nameList(of, anchors),
      ),
    )
    .join('');
}

function byKeys(vms: readonly ReportVm[], anchors: Anchors): string {
  return bySize(grouped(vms, ({changes}) => changes.map(({key}) => key).join('\n')))
    .map((of) => {
      const changes = common(of.map((vm) => vm.changes));
      const keys = changes.map(({key}) => key).join(' and ');
      const text = changes.length < 4 ? keys : counted(changes.length, 'key');
      return group(
        {
          tone: 'info',
          text: `${counted(of.length, 'containerVM')} ${of.length === 1 ? 'gets' : 'get'} ${text}`,
        },
        '',
        changeTable('Keys of each', changeRows(changes)) + nameList(of, anchors),
      );
    })
    .join('');
}

function bySize<T>(groups: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return groups.toSorted((a, b) => b.length - a.length);
}

/** Changes of the same keys as one; a value that is not the same everywhere is left open. */
function common(all: readonly (readonly ReportChange[])[]): readonly ReportChange[] {
  const [first = []] = all;
  return first.map(({key, before, after}, at) => {
    const shared = (side: 'before' | 'after', value: string | null) =>
      all.every((changes) => changes[at]?.[side] === value) ? value : '(each its own)';
    return {key, before: shared('before', before), after: shared('after', after)};
  });
}

/** More names than this are found in the list. */
const MOST_NAMES = 200;

function nameList(vms: readonly ReportVm[], anchors: Anchors): string {
  return foldaway(`Show the ${counted(vms.length, 'containerVM')}`, '', names(vms, anchors, MOST_NAMES));
}

/** What a verification compared. */
export function compared({compared: all = [], finishedAt}: Report): string {
  const rows = all.map(({check, ok, of}) => [
    markup(capital(check)),
    state(
      ok === of
        ? {tone: 'ok', text: 'As it should be'}
        : {tone: 'bad', text: `${of - ok} ${of - ok === 1 ? 'differs' : 'differ'}`},
    ),
    `${ok} of ${of}`,
  ]);
  const table = plainTable('What was compared', ['Check', 'Result', 'ContainerVMs'], rows);
  return section('compared', 'What was compared', table, {
    note: `live VMs against their goal, ${secondsText(finishedAt)} UTC`,
  });
}

/** How to put the VCH back, where it was upgraded; the card has it where it is needed now. */
export function wayBack({upgrade, vch}: Report): string {
  if (upgrade === undefined || !['upgraded', 'resumable'].includes(upgrade.result)) return '';
  const {card, snapshot, result} = upgrade;
  const own = result === 'upgraded' ? ownCommand(card) : null;
  const hand = handCommands(card);
  const snapshotText = snapshot === null ? '' : `; the snapshot ${snapshot} grows until then`;
  return section(
    'back',
    'Way back',
    (own === null ? '' : commandBox(own)) +
      (hand.length === 0
        ? ''
        : foldaway(
            'By hand, if vch-migrate cannot',
            counted(hand.length, 'command'),
            commandBox(hand.join('\n')),
          )),
    {
      note: result === 'upgraded' ? `Possible until the next upgrade of ${vch.name}${snapshotText}` : '',
      css: 'no-print',
    },
  );
}

const POWER = new Map([
  ['poweredOn', 'Powered on'],
  ['poweredOff', 'Powered off'],
  ['suspended', 'Suspended'],
]);

/** How the VCH stands after a run that did not reach its goal. */
export function stateNow(report: Report): string {
  const {upgrade, vch, finishedAt} = report;
  const results: readonly string[] = ['as-before', 'resumable', 'needs-person', 'unlocked', 'rolled-back'];
  if (upgrade === undefined || !results.includes(upgrade.result)) return '';
  const {version, build, dataVersion, powerState} = vch;
  // What an upgrade that was not put back made of it was not read again.
  const halfDone = upgrade.result === 'needs-person' || upgrade.result === 'resumable';
  const content = facts([
    ['VCH', powerState === null ? 'Unknown' : (POWER.get(powerState) ?? powerState)],
    [
      halfDone ? 'Version last read' : 'Version',
      [version, build && `build ${build}`, dataVersion !== null && `data version ${dataVersion}`]
        .filter(Boolean)
        .join(', ') || 'Unknown',
    ],
    ['Upgrade lock', vch.lock.held ? lockText(vch.lock) : 'None'],
    [
      'Stopped in the phase',
      upgrade.result === 'as-before' || upgrade.result === 'rolled-back' ? null : upgrade.phase,
    ],
    ['Snapshot', snapshotNow(report)],
  ]);
  return section('state', 'State now', content, {note: `seen at ${secondsText(finishedAt)} UTC`, css: 'p2'});
}

/** Ids, server, tool and checks: last. */
export function detailsOf(report: Report): string {
  const {vch, target, tool, runId, changeId, planDigest, upgrade, checks = []} = report;
  const content =
    facts([
      ['VCH', `${vch.name} (${vch.id})`],
      ['Own name', vch.ownName === vch.name ? null : vch.ownName],
      ['Build', vch.build],
      ['Data version', vch.dataVersion === null ? null : String(vch.dataVersion)],
      ['Lies in', vch.computeResource],
      ['Server', target.url],
      ['Product', `${target.product}, API ${target.apiVersion}`],
      ['Tool', `${tool.name} ${tool.version}`],
      ['Change', changeId],
      ['Upgrade lock', vch.lock.held ? lockText(vch.lock) : 'None'],
      ['Run', runId, 'code'],
      ['Run of the upgrade', upgrade === undefined || upgrade.run === runId ? null : upgrade.run, 'code'],
      ['Saved plan', planDigest ?? null, 'code'],
    ]) +
    (checked(report) === '' && checks.length > 0
      ? foldaway('Checks before the run', checkCounts(checks), checkTable(checks))
      : '');
  return section('details', 'Details', content, {css: 'p2'});
}
