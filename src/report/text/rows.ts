import type {Layout} from '../layout.js';
import {wrap} from '../width.js';

const LABEL = 14;
const INDENT = '  ';

/** Lines of at most the layout's columns, the first one behind a label. */
export function row(label: string, lines: readonly string[], {columns}: Layout): readonly string[] {
  const room = columns - LABEL - INDENT.length - 1;
  return lines
    .flatMap((line) => wrap(line, room))
    .filter((line) => line !== '')
    .map((line, at) => `${INDENT}${(at === 0 ? label : '').padEnd(LABEL)} ${line}`.trimEnd());
}

/** A row whose words have styles of their own; without them if it needs more than one line. */
export function styledRow(
  label: string,
  parts: readonly (readonly [text: string, style: Parameters<Layout['paint']>[0] | null])[],
  layout: Layout,
): readonly string[] {
  const plain = row(label, [parts.map(([text]) => text).join('')], layout);
  if (plain.length > 1) return plain;
  const painted = parts.map(([text, style]) => (style === null ? text : layout.paint(style, text)));
  return [`${INDENT}${label.padEnd(LABEL)} ${painted.join('')}`];
}

/** A heading with its lines; nothing without lines. */
export function section(title: string, lines: readonly string[], {paint}: Layout): readonly string[] {
  return lines.length === 0 ? [] : [paint('bold', title), ...lines];
}
