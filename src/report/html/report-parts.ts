import {counted} from '../../counted.js';
import {attention, causeBefore, exceptions, type Reason, remarks, setAside} from '../attention.js';
import type {Report, ReportVm} from '../report.js';
import {sentence} from '../sentence.js';
import {type Verdict, verdict} from '../verdict.js';
import {appliance} from './appliance.js';
import {verdictCard} from './card.js';
import {section} from './elements.js';
import {checked, compared, detailsOf, stateNow, wayBack, willChange} from './parts.js';
import {reasons} from './reasons.js';
import {timeline} from './timeline.js';
import {anchorsOf, orderedVms} from './vm-rows.js';

/** What the page of a report has: its card, then its sections, in the order in which a person needs them. */
export function reportParts(report: Report, list: (report: Report, vms: readonly ReportVm[]) => string) {
  const told = verdict(report);
  const vms = orderedVms(report);
  const anchors = anchorsOf(vms);
  const needed = unsaid(report, told);
  const error = report.upgrade?.error;
  const codes = error ? [error.code, ...(error.fault === undefined ? [] : [error.fault])] : [];
  const {runId, changeId, tool, target} = report;
  const run = [
    `Run ${runId}`,
    ...(changeId === null ? [] : [`change ${changeId}`]),
    `${tool.name} ${tool.version}`,
    target.url,
  ];
  return {
    sentence: told.sentence,
    card: verdictCard({...told, actions: [...approval(report), ...told.actions]}, run.join(' · '), codes),
    sections: [
      section('attention', 'Needs attention', reasons(needed, anchors), {
        note: attentionNote(report, needed),
      }),
      willChange(report, anchors),
      compared(report),
      checked(report),
      timeline(report),
      stateNow(report),
      section('remarks', 'Also noted', reasons(remarks(report), anchors), {css: 'p2'}),
      wayBack(report),
      appliance(report),
      list(report, vms),
      detailsOf(report),
    ].filter((part) => part !== ''),
    /** How many problems are about no containerVM, and how many containerVMs there are. */
    troubles: troubles(needed).length,
    vms: vms.length,
  };
}

/** A saved plan is approved by its digest, which must be copied whole. */
function approval({command, planDigest}: Report): Verdict['actions'] {
  if (command !== 'plan' || planDigest === undefined) return [];
  return [{text: 'Have this digest approved; a plan that was changed since is refused', command: planDigest}];
}

/** What needs a person, without what the card says of the run's own error. */
function unsaid(report: Report, {reason}: Verdict): readonly Reason[] {
  const error = report.upgrade?.error;
  const [own, ...rest] = attention(report);
  if (!error || own === undefined || !reason.includes(sentence(own.title))) return attention(report);
  const text = own.text.replace(causeBefore(error), '').trim();
  const more = {...own, title: 'The error also says', code: null, fault: undefined, text};
  return text === '' && own.commands.length === 0 ? rest : [more, ...rest];
}

/** What needs a person and is not about a containerVM. */
function troubles(needed: readonly Reason[]): readonly Reason[] {
  return needed.filter(({vms}) => vms.length === 0);
}

function attentionNote(report: Report, needed: readonly Reason[]): string {
  const own = troubles(needed).length;
  const left = exceptions(report).length;
  const all = report.vms.filter(({kind}) => kind === 'container').length;
  const known = left > 0 && setAside(report).length === left ? ', which the checks had set aside before' : '';
  const vms = left === 0 ? [] : [`${left} of ${counted(all, 'containerVM')}${known}`];
  return [...(own === 0 ? [] : [counted(own, 'problem')]), ...vms].join(', then ');
}
