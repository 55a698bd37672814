import {shellQuoted} from '../shell-word.js';

/** A place on a datastore, as vSphere's `[datastore1] vch1/v1.5.6-appliance.iso` names it. */
export interface DatastorePath {
  /** Name of the datastore. */
  readonly dsName: string;
  /** From the datastore's root: `vch1/v1.5.6-appliance.iso`. */
  readonly path: string;
}

/** `[datastore1] vch1/v1.5.6-appliance.iso`, as vSphere writes it. */
export function datastorePath({dsName, path}: DatastorePath): string {
  return `[${dsName}] ${path}`;
}

/** Reads what vSphere writes; `null` if it is no path on a datastore. */
export function parseDatastorePath(text: string | null): DatastorePath | null {
  const [, dsName, path] = /^\[(.*?)\] (.*)$/s.exec(text ?? '') ?? [];
  return dsName === undefined || path === undefined ? null : {dsName, path};
}

/** `[datastore1] vch1/new.iso` as govc wants it on a command line. */
export function govcFile(text: string): string {
  const {dsName, path} = parseDatastorePath(text) ?? {dsName: '', path: text};
  return `-ds ${shellQuoted(dsName)} ${shellQuoted(path)}`;
}

/** The folder that a path from the datastore's root names a file in: `web` of `web/web.vmx`; empty for the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
