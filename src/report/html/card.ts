import type {Action, Figure} from '../figures.js';
import {markup} from '../markup.js';
import {capital, sentence} from '../sentence.js';
import type {Verdict} from '../verdict.js';
import {commandBox, icon, paragraph, pill, prose} from './elements.js';

/** The first screen: what happened, four numbers, and what to do. `run` names the run on paper, `codes` what it failed of. */
export function verdictCard(
  {tone, urgent, sentence, reason, pills, numbers, actions}: Verdict,
  run: string,
  codes: readonly string[] = [],
): string {
  const shownPills = pills.length === 0 ? '' : `<p class="pills">${pills.map(pill).join(' ')}</p>`;
  const small = codes.length === 0 ? '' : ` <code class="codes">${markup(codes.join(' '))}</code>`;
  const why = reason === '' ? '' : `<p>${prose(reason)}${small}</p>`;
  return (
    `<section class="card verdict ${tone}${urgent ? ' crit' : ''}" aria-labelledby="h-v">` +
    `<div class="v-head">${icon(urgent ? 'down' : tone, 'v-ic')}<div><h1 id="h-v">${markup(sentence)}</h1>` +
    `${why}${shownPills}</div></div>` +
    `${numbers.length === 0 ? '' : `<dl class="kpis">${numbers.map(figure).join('')}</dl>`}${todo(actions)}` +
    `<p class="print-run">${markup(run)}</p></section>`
  );
}

function figure({label, from, value, tone, notes, parts = []}: Figure): string {
  const before =
    from === undefined
      ? ''
      : `${markup(from)} <span class="dim" aria-hidden="true">&rarr;</span><span class="vh"> to </span> `;
  const lines = notes.map((note) => `<dd>${markup(note)}</dd>`).join('');
  return (
    `<div${tone === undefined ? '' : ` class="${tone}"`}><dt>${markup(label)}</dt>` +
    `<dd class="big">${before}${markup(value)}</dd>${lines}${parts.length === 0 ? '' : bar(parts)}</div>`
  );
}

/** A part that is not zero must be visible. */
const LEAST_SHARE = 2;
const GAP = 0.6;

/** Parts of a whole as a bar with its legend. */
function bar(parts: NonNullable<Figure['parts']>): string {
  const total = parts.reduce((sum, {count}) => sum + count, 0);
  const shares = parts.map(({count}) => Math.max(LEAST_SHARE, (count / total) * 100));
  const scale = 100 / shares.reduce((sum, share) => sum + share, 0);
  let x = 0;
  const rects = parts.map(({tone}, at) => {
    const width = (shares[at] ?? 0) * scale;
    const rect = `<rect class="f-${tone}" x="${x.toFixed(2)}%" width="${(width - (at < parts.length - 1 ? GAP : 0)).toFixed(2)}%" height="100%"/>`;
    x += width;
    return rect;
  });
  const label = parts.map(({count, text}) => `${count} ${text}`).join(', ');
  const legend = parts.map(
    ({tone, count, text}) =>
      `<span class="nw ${tone}"><span class="dot"></span><b>${count}</b> ${markup(text)}</span>`,
  );
  return (
    `<dd><svg class="bar" role="img" aria-label="${markup(label)}">${rects.join('')}</svg></dd>` +
    `<dd class="legend">${legend.join(' ')}</dd>`
  );
}

function todo(actions: readonly Action[]): string {
  if (actions.length === 0) return '';
  const items = actions.map(({text, command}) => {
    const label = command === null ? sentence(text) : text === '' ? '' : `${capital(text)}:`;
    return `<li><div>${paragraph(label)}${command === null ? '' : commandBox(command)}</div></li>`;
  });
  return `<div class="todo"><h2>What to do now</h2><ol>${items.join('')}</ol></div>`;
}
