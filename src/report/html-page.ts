import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {markup} from './markup.js';

/** A page that needs no other file. */
export interface Page {
  readonly title: string;
  /** What the page is, what it is about, and of when. */
  readonly top: readonly string[];
  /** Trusted markup: strings from elsewhere in it must be escaped. */
  readonly main: string;
  /** Files of the page's own script. */
  readonly scripts: readonly string[];
  /** Further style sheets of its own. */
  readonly styles?: readonly string[];
  /** Trusted markup after the main part, such as a dialog. */
  readonly after?: string;
  /** Its script may speak to the server that it comes from, and to nobody else. */
  readonly connects?: boolean;
}

const STYLES = [
  'colours.css',
  'layout.css',
  'card.css',
  'timeline.css',
  'tables.css',
  'phone.css',
  'print.css',
];

/**
 * One HTML file with everything in it. Its policy lets it load nothing and run only its own script, known by its digest:
 * a script hidden in a name from vSphere would not run.
 */
export function htmlPage({
  title,
  top,
  main,
  scripts,
  styles = [],
  after = '',
  connects = false,
}: Page): string {
  const style = [...STYLES, ...styles].map(asset).join('');
  const script = scripts.map(asset).join('');
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src '${hash(style)}'`,
    `script-src '${hash(script)}'`,
    ...(connects ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = top.map(markup);
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
<a class="skip" href="#main">Skip to the report</a>
<header class="top"><p><span><b>vch-migrate</b> · ${head.join('</span><span>')}</span></p><button type="button" class="btn js-only" id="theme">Dark colours</button></header>
<main id="main">
${main}
</main>
${after}<div id="live" class="vh" role="status" aria-live="polite"></div>
<script type="module">${script}</script>
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
