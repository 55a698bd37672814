import {markup} from '../markup.js';
import type {Remark, Tone} from '../vm-words.js';

// Building blocks of the pages. A parameter named `content` is trusted markup; every other string is escaped here.

/** Shapes of their own, so that colour is never the only sign. */
const SHAPES: Readonly<Record<Tone | 'open', string>> = {
  ok: 'M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm-1.2 11.6L3.4 8.2l1.3-1.3 2.1 2.1 4.5-4.5 1.3 1.3-5.8 5.8Z',
  warn: 'M8 .8 16 15H0L8 .8ZM7.1 6v4.6h1.8V6H7.1Zm0 5.6v1.8h1.8v-1.8H7.1Z',
  bad: 'M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7L4.7 0Zm.5 4L4 5.2 6.8 8 4 10.8 5.2 12 8 9.2l2.8 2.8 1.2-1.2L9.2 8 12 5.2 10.8 4 8 6.8 5.2 4Z',
  info: 'M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0Zm0 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8ZM7.1 4v5h4V7.2H8.9V4H7.1Z',
  down: 'M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0ZM7 3h2v4.6h2.6L8 11.2 4.4 7.6H7V3ZM4.5 12h7v1.6h-7V12Z',
  mute: 'M8 0a8 8 0 1 0 0 16A8 8 0 0 0 8 0ZM4 7.1h8v1.8H4V7.1Z',
  open: 'm5.2 1.8 6.2 6.2-6.2 6.2-1.4-1.4L8.6 8 3.8 3.2l1.4-1.4Z',
};

/** The shapes, once a page; icons refer to them. */
export function iconShapes(): string {
  const symbols = Object.entries(SHAPES).map(
    ([name, path]) => `<symbol id="i-${name}" viewBox="0 0 16 16"><path d="${path}"/></symbol>`,
  );
  return `<svg hidden>${symbols.join('')}</svg>`;
}

export function icon(name: Tone | 'open', css = 'ic'): string {
  return `<svg class="${css}" aria-hidden="true"><use href="#i-${name}"/></svg>`;
}

/** A state: its icon and its word. */
export function state({tone, text}: Remark): string {
  return `<span class="st ${tone}">${icon(tone)}${markup(text)}</span>`;
}

export function pill({tone, text}: Remark): string {
  return `<span class="pill ${tone}">${icon(tone)}${markup(text)}</span>`;
}

export function paragraph(text: string, css = ''): string {
  if (text === '') return '';
  return `<p${css === '' ? '' : ` class="${css}"`}>${prose(text)}</p>`;
}

/** A text in which commands between backticks stand out. */
export function prose(text: string): string {
  return markup(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/(?<=^|[\s>(])--[a-z][a-z-]{0,30}(?![\w-])/g, '<span class="nw">$&</span>');
}

/** Commands, each with a button that copies exactly it. */
export function commandBox(commands: string): string {
  const boxes = commands.split('\n').map((command) => {
    // A break inside a word, or between an option and its value, would be misread.
    const words = command.split(/ (?!(?<=(?:^| )-[^ ]+ )[^-])/);
    const code = words.map((word) => `<span class="w">${breakable(word)}</span>`).join(' ');
    const label = markup(command.slice(0, LONGEST_LABEL));
    return (
      `<div class="cmd"><code>${code}</code>` +
      `<button type="button" class="btn js-only" data-copy aria-label="Copy: ${label}">Copy</button></div>`
    );
  });
  return boxes.length === 1 ? boxes.join('') : `<div class="cmds">${boxes.join('')}</div>`;
}

const LONGEST_LABEL = 400;

/** A long word breaks after a slash, or after the user of a URL. */
function breakable(word: string): string {
  return markup(word).replace(/[/@](?=[^/@])/g, '$&<wbr>');
}

/** A part of the page with a heading; nothing if it is empty. */
export function section(
  id: string,
  title: string,
  content: string,
  {note = '', css = '', live}: {readonly note?: string; readonly css?: string; readonly live?: string} = {},
): string {
  if (content === '') return '';
  // A script changes one that has a name.
  const name = live === undefined ? '' : ` id="${live}" role="status"`;
  const small = note === '' ? '' : `<p class="dim"${name}>${markup(note)}</p>`;
  return (
    `<section class="card${css === '' ? '' : ` ${css}`}" id="${id}" aria-labelledby="h-${id}">` +
    `<div class="sec-h"><h2 id="h-${id}">${markup(title)}</h2>${small}</div>${content}</section>`
  );
}

/** Something that opens at a click, and does not print closed. */
export function foldaway(title: string, note: string, content: string): string {
  return `<details class="no-print"><summary>${markup(title)} <span class="dim">${markup(note)}</span></summary>${content}</details>`;
}

/** Names and values. A value in `code` is one to copy or compare. */
export function facts(
  pairs: readonly (readonly [name: string, value: string | null, as?: 'code'])[],
): string {
  const items = pairs.flatMap(([name, value, as]) => {
    if (value === null || value === '') return [];
    const shown = as === 'code' ? `<code>${markup(value)}</code>` : markup(value);
    return [`<div><dt>${markup(name)}</dt><dd>${shown}</dd></div>`];
  });
  return items.length === 0 ? '' : `<dl class="facts">${items.join('')}</dl>`;
}

/** A table whose cells are trusted markup, the first of each row its heading. */
export function plainTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '';
  const head = headings.map((heading) => `<th scope="col">${markup(heading)}</th>`).join('');
  const body = rows.map(
    ([first, ...cells]) =>
      `<tr><th scope="row">${first}</th>${cells.map((cell, at) => `<td data-l="${markup(headings[at + 1] ?? '')}">${cell}</td>`).join('')}</tr>`,
  );
  return `<table class="plain"><caption class="vh">${markup(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}
