import type {IsoInfo} from './iso-info.js';
import {versionText} from './version-stamp.js';

/** What an ISO file is for. */
export type IsoRole = 'appliance' | 'bootstrap';

/**
 * The file's name on a datastore: `v1.5.6-20000-0a1b2c3-89abcdef-appliance.iso`. It tells the content, so that a file
 * that is in use is never written over by another one.
 */
export function isoFileName(info: IsoInfo, role: IsoRole): string {
  return `${versionText(info)}-${info.sha256.slice(0, 8)}-${role}.iso`;
}
