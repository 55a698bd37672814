import {type Reason, shortName} from '../attention.js';
import {markup} from '../markup.js';
import type {ReportVm} from '../report.js';
import {sentence} from '../sentence.js';
import type {Remark} from '../vm-words.js';
import {commandBox, icon, paragraph} from './elements.js';

/** Where the page has a VM's row. */
export type Anchors = ReadonlyMap<ReportVm, string>;

/** This many names identify a reason; the list has them all. */
const NAMES_SHOWN = 12;
const COMMANDS_SHOWN = 4;

/** Something with its own colour at its side; `content` is trusted markup. */
export function group({tone, text}: Remark, code: string, content: string): string {
  const small = code === '' ? '' : ` <code class="dim">${markup(code)}</code>`;
  return `<div class="grp ${tone}"><h3>${icon(tone)}<span>${markup(text)}${small}</span></h3>${content}</div>`;
}

/** What needs a person: why, who, and what helps. */
export function reasons(all: readonly Reason[], anchors: Anchors): string {
  return all
    .map(({tone, title, code, fault, text, vms, commands}) => {
      const codes = [code, fault].filter((part) => part !== null && part !== undefined).join(' ');
      const shown = commands.slice(0, COMMANDS_SHOWN);
      const left = commands.length - shown.length;
      return group(
        {tone, text: title},
        codes,
        paragraph(sentence(text)) +
          names(vms, anchors) +
          (shown.length === 0 ? '' : commandBox(shown.join('\n'))) +
          (left > 0
            ? paragraph(
                `and ${left} more such ${left === 1 ? 'command' : 'commands'}, each with its containerVM below.`,
                'dim',
              )
            : ''),
      );
    })
    .join('');
}

/** The names of VMs, each of which leads to its row. */
export function names(vms: readonly ReportVm[], anchors: Anchors, most = NAMES_SHOWN): string {
  if (vms.length === 0) return '';
  const links = vms.slice(0, most).map((vm) => {
    const anchor = anchors.get(vm);
    const name = markup(shortName(vm));
    return anchor === undefined ? `<span>${name}</span>` : `<a href="#${anchor}">${name}</a>`;
  });
  const left = vms.length - most;
  return `<p class="names">${links.join(' ')}${left > 0 ? ` <span>and ${left} more</span>` : ''}</p>`;
}
