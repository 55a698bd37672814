import stringWidth from 'string-width';
import type {Reason} from '../attention.js';
import {type Layout, TONE_MARK, TONE_STYLE} from '../layout.js';
import {capitalized, containerName, displayName} from '../phrases.js';
import {printable} from '../printable.js';
import type {ReportVm} from '../report.js';
import {wrap} from '../width.js';

/** This many names identify a reason; a report in another form has them all. */
const MOST_NAMES = 12;
const MOST_COMMANDS = 3;
/** Where codes begin, if there is room. */
const CODE_COLUMN = 50;

/** What to do about a reason, before its commands. */
const LEAD: ReadonlyMap<string, string> = new Map([
  ['VCH_ERR_NAME_MISSING', 'Give each a name of its own, in place of NAME:'],
  ['VCH_ERR_VERIFY', 'See what would be changed:'],
]);

/** Reasons, each with its words, its VMs and its commands. `known`: commands that are shown elsewhere. */
export function reasonLines(
  reasons: readonly Reason[],
  layout: Layout,
  known: readonly string[] = [],
): readonly string[] {
  return reasons.flatMap((reason) => [
    ...titleLines(reason, layout),
    ...nameLines(reason.vms, layout),
    ...textLines(reason, layout),
    ...commandLines(reason, known, layout),
  ]);
}

/** `! 2 containerVMs were refused: no name to copy      VCH_ERR_NAME_MISSING` */
function titleLines({tone, title, code, fault}: Reason, {columns, paint}: Layout): readonly string[] {
  const lines = wrap(printable(title), columns - 4);
  const last = lines.at(-1) ?? '';
  const codes = [code, fault].filter((word) => word !== null && word !== undefined).map(printable);
  const room = columns - 4 - Math.max(stringWidth(last), CODE_COLUMN - 4);
  const beside = codes.length > 0 && codes.join(' ').length + 2 <= room;
  return [
    ...lines.map((line, at) => {
      const mark = at === 0 ? paint(TONE_STYLE[tone], TONE_MARK[tone]) : ' ';
      const gap = ' '.repeat(Math.max(2, CODE_COLUMN - 4 - stringWidth(line)));
      const end = beside && at === lines.length - 1 ? gap + paint('dim', codes.join(' ')) : '';
      return `  ${mark} ${line}${end}`;
    }),
    ...(beside || codes.length === 0 ? [] : [`    ${paint('dim', codes.join(' '))}`]),
  ];
}

function nameLines(vms: readonly ReportVm[], {columns, details}: Layout): readonly string[] {
  const most = details ? vms.length : MOST_NAMES;
  const names = vms.slice(0, most).map(vmName);
  const left = vms.length - names.length;
  const more = left > 0 ? ` and ${left} more (--details lists them)` : '';
  return names.length === 0 ? [] : wrap(names.join(', ') + more, columns, '    ');
}

/** A VM's name, and the id by which vSphere finds it. */
export function vmName(vm: ReportVm): string {
  return `${shortName(vm)} (${printable(vm.id)})`;
}

/** A container's name, or what its VM is called. */
export function shortName(vm: Pick<ReportVm, 'containerName' | 'displayName'>): string {
  return vm.containerName === null ? displayName(vm) : containerName(vm.containerName);
}

/** What the title does not say. */
function textLines({text, code, vms, commands}: Reason, {columns, details}: Layout): readonly string[] {
  // The lead of its commands says it in fewer words.
  if (!details && commands.length > 0 && code === 'VCH_ERR_NAME_MISSING') return [];
  const nameless = withoutName(text, vms);
  return wrap(printable(nameless === text ? text : capitalized(nameless)), columns, '    ');
}

/** The name of the only VM stands above already. */
function withoutName(text: string, [vm, ...more]: readonly ReportVm[]): string {
  const label = ` (${vm?.id}) `;
  const end = more.length === 0 && vm !== undefined ? text.indexOf(label) : -1;
  return end < 0 || text.slice(0, end).includes('. ') ? text : text.slice(end + label.length);
}

function commandLines(
  {code, commands}: Reason,
  known: readonly string[],
  {columns, details}: Layout,
): readonly string[] {
  const shown = commands.filter((command) => !known.includes(command));
  if (shown.length === 0) return [];
  const most = details ? shown.length : MOST_COMMANDS;
  const left = shown.length - most;
  return [
    ...wrap(LEAD.get(code ?? '') ?? 'See more:', columns, '    '),
    ...shown.slice(0, most).map((command) => `      ${printable(command)}`),
    ...(left > 0 ? [`    and ${left} more like these (--details lists them)`] : []),
  ];
}
