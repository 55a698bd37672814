import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {markup} from './markup.js';

/** A page that needs no other file. */
export interface Page {
  readonly title: string;
  /** Trusted markup: strings from elsewhere in it must be escaped. */
  readonly main: string;
  /** What the scripts show. */
  readonly data?: object;
  /** Files of the page's own script. */
  readonly scripts?: readonly string[];
}

const STYLES = ['colours.css', 'layout.css', 'vms.css', 'print.css'];

/**
 * One HTML file with everything in it. Its policy lets it load nothing and run only its own script, known by its digest:
 * a script hidden in a name from vSphere would not run.
 */
export function htmlPage({title, main, data, scripts = []}: Page): string {
  const style = STYLES.map(asset).join('');
  // One module: in a page that may load nothing, modules cannot import each other.
  const script = scripts.map((file) => asset(file).replace(/^import [^;]+;\n/gm, '')).join('');
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hash(style)}'`,
    `script-src '${script === '' ? 'none' : hash(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
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
${data === undefined ? '' : `<script type="application/json" id="data">${embedded(data)}</script>`}
${script === '' ? '' : `<script type="module">${script}</script>`}
</body>
</html>
`;
}

function asset(file: string): string {
  return readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8');
}

function hash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** JSON in which an HTML parser sees neither an end tag nor a comment. */
function embedded(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
