import type {Format} from './format.js';
import {csv} from './formats/csv.js';
import {html} from './formats/html.js';
import {json} from './formats/json.js';
import {junit} from './formats/junit.js';
import {markdown} from './formats/markdown.js';
import {ndjson} from './formats/ndjson.js';
import {text} from './formats/text.js';

/** Every form of a report, in the order of help and messages. */
export const FORMATS: readonly Format[] = [text, json, ndjson, markdown, html, junit, csv];

/** The forms of a listing. */
export const LISTING_FORMATS: readonly Format[] = FORMATS.filter(({listing}) => listing !== undefined);

/** The forms of a run over a fleet. */
export const FLEET_FORMATS: readonly Format[] = FORMATS.filter(({fleet}) => fleet !== undefined);

/** The form without --format. */
export const DEFAULT_FORMAT = text;
