import {reportParts} from '../html/report-parts.js';
import {vmDetails} from '../html/vm-rows.js';
import type {Report} from '../report.js';

/** ContainerVMs that a page of a fleet has in all: with more, a browser would take too long to open it. */
const MOST_VMS = 20_000;
/** Of one VCH at least these, the worst first. */
const LEAST_VMS = 10;

/** How many containerVMs of each VCH the page of a fleet has. */
export function vmsShown(vchs: number): number {
  return Math.max(LEAST_VMS, Math.floor(MOST_VMS / Math.max(1, vchs)));
}

/**
 * What the page of a VCH's own report says, for a page of many VCHs, which shows one such at a time. `more` is the command for
 * that VCH's own page.
 */
export function vchHtml(report: Report, most: number, more: string): string {
  const {card, sections} = reportParts(report, (whole, vms) => vmDetails(whole, vms, most, more));
  return ownNames([card, ...sections].join('\n'));
}

/** Names of elements must be those of nothing else on the page. No text from elsewhere can look like one: its quotation marks are escaped. */
function ownNames(content: string): string {
  return content
    .replace(/ (id|aria-labelledby|aria-controls)="(?=[\w-]+")/g, ' $1="v-')
    .replace(/ href="#(?!i-)/g, ' href="#v-');
}
