import {toCsv} from './csv.js';
import {toNdjson} from './events.js';
import type {Format} from './format.js';
import {toHtml} from './html.js';
import {toJson} from './json.js';
import {toJunit} from './junit.js';
import type {LayoutOptions} from './layout.js';
import {toMarkdown} from './markdown.js';
import type {Report} from './report.js';
import {toText} from './text.js';

/** A report in any of its forms; the layout is for text alone. */
export function renderReport(report: Report, format: Format, layout: LayoutOptions): string {
  switch (format) {
    case 'text':
      return toText(report, layout);
    case 'json':
      return toJson(report);
    case 'ndjson':
      return toNdjson(report);
    case 'markdown':
      return toMarkdown(report);
    case 'html':
      return toHtml(report);
    case 'junit':
      return toJunit(report);
    case 'csv':
      return toCsv(report);
  }
}
