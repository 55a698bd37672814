import {csvLines} from './csv.js';
import {eventLine} from './events.js';
import type {Failure} from './failure.js';
import type {Format} from './format.js';
import {htmlPage} from './html-page.js';
import {toJson} from './json.js';
import {failureToJunit} from './junit.js';
import {code, prose} from './markdown-text.js';
import {markup} from './markup.js';
import {printable} from './printable.js';

/** A command that failed as a whole, in any of the forms of a report. `time` is RFC 3339. */
export function renderFailure(failure: Failure, format: Format, time: string): string {
  const {error, command, tool} = failure;
  const title = `vch-migrate${command === null ? '' : ` ${command}`} failed`;
  switch (format) {
    case 'text':
      return `vch-migrate: ${error.code}: ${printable(error.message)}\n`;
    case 'json':
      return toJson(failure);
    case 'ndjson':
      return (
        eventLine({schema: 'vch-migrate/events/v1', command, runId: null, startedAt: time, tool}) +
        eventLine({type: 'error', error})
      );
    case 'markdown':
      return `# ${prose(title)}\n\n${code(error.code)}: ${prose(error.message)}\n`;
    case 'html':
      return htmlPage({
        title,
        main: `<h1>${markup(title)}</h1>\n<p><strong>${markup(error.code)}</strong>: ${markup(error.message)}</p>`,
        scripts: [],
      });
    case 'junit':
      return failureToJunit(command, error, time);
    case 'csv':
      return csvLines([
        ['error code', 'error'],
        [error.code, error.message],
      ]);
  }
}
