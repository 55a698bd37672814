import {GUEST_PREFIX} from '../../extraconfig/keys.js';
import {markup} from '../markup.js';
import type {ReportChange} from '../report.js';

/** A key, which may break after its separators; the part that most keys share is dimmed. */
export function keyText(key: string): string {
  const [dim, rest] = key.startsWith(GUEST_PREFIX)
    ? [GUEST_PREFIX, key.slice(GUEST_PREFIX.length)]
    : ['', key];
  const breakable = markup(rest).replace(/[/|]/g, '$&<wbr>');
  return `<code>${dim === '' ? '' : `<span class="dim">${dim}</span><wbr>`}${breakable}</code>`;
}

/** A value of a key; VIC's empty string has a spelling of its own. */
function valueText(value: string | null): string {
  if (value === null) return '<i>absent</i>';
  if (value === '' || value === '<nil>') return '<i>empty</i>';
  return `<code>${markup(value)}</code>`;
}

/** Rows of key, before and after. */
export function changeRows(changes: readonly ReportChange[]): string {
  return changes
    .map(
      ({key, before, after}) =>
        `<tr><th scope="row">${keyText(key)}</th><td class="b">${valueText(before)}</td><td class="a">${valueText(after)}</td></tr>`,
    )
    .join('');
}

/** A table of changes; `rows` are trusted markup. */
export function changeTable(caption: string, rows: string): string {
  return (
    `<table class="kv"><caption>${markup(caption)}</caption>` +
    '<thead><tr><th scope="col">Key</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>' +
    `<tbody>${rows}</tbody></table>`
  );
}
