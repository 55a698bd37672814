import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {markup} from './markup.js';

/** The parts of a page that stands alone. */
export interface PageParts {
  readonly title: string;
  /** Markup of the page's own, everything foreign in it escaped. */
  readonly main: string;
  /** Data and scripts, at the end of the page. */
  readonly scripts: readonly PageScript[];
}

/** A script that runs, or data that one reads. */
export type PageScript =
  | {readonly kind: 'data'; readonly id: string; readonly data: object}
  | {readonly kind: 'script'; readonly files: readonly string[]};

const STYLES = ['colours.css', 'layout.css', 'vms.css', 'print.css'];

/**
 * One HTML file with everything in it, and a policy that lets it load nothing and run only its own script, known
 * by its digest: what a name from vSphere smuggled in would not run.
 */
export function htmlPage({title, main, scripts}: PageParts): string {
  const style = STYLES.map(asset).join('');
  const sources = scripts.flatMap((script) => (script.kind === 'script' ? [joined(script.files)] : []));
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hash(style)}'`,
    `script-src ${sources.length === 0 ? "'none'" : sources.map((source) => `'${hash(source)}'`).join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const tails = scripts.map((script) =>
    script.kind === 'data'
      ? `<script type="application/json" id="${script.id}">${embedded(script.data)}</script>`
      : `<script type="module">${joined(script.files)}</script>`,
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${markup(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${main}
</main>
${tails.join('\n')}
</body>
</html>
`;
}

function asset(file: string): string {
  return readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8');
}

/** Modules as one: in a page that may load nothing they cannot import each other. */
function joined(files: readonly string[]): string {
  return files.map((file) => asset(file).replace(/^import [^;]+;\n/gm, '')).join('');
}

function hash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** JSON that no parser of HTML sees an end or a comment in. */
function embedded(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
