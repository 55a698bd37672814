/** One bar: what it stands for, and how long it is. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  /** It is about this tool. */
  readonly own: boolean;
}

const WIDTH = 720;
const LABEL = 210;
const VALUE = 90;
const ROW = 26;
const HEAD = 56;

/** A chart of horizontal bars as SVG, with its own ground: readable on white and on black. */
export function barChart(title: string, about: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({value}) => value));
  const rows = bars.map(({label, value, text, own}, at) => {
    const y = HEAD + at * ROW;
    const width = Math.max(1, ((WIDTH - LABEL - VALUE) * value) / longest);
    return [
      `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect x="${LABEL}" y="${y + 2}" width="${width.toFixed(1)}" height="${ROW - 8}" fill="${own ? '#0b7285' : '#868e96'}"/>`,
      `<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 15}">${escaped(text)}</text>`,
    ].join('\n');
  });
  const height = HEAD + bars.length * ROW + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
      `role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="13" fill="#343a40">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    `<text x="12" y="42">${escaped(about)}</text>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
