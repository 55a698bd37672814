/** `[datastore] folder/file`, taken apart. */
export interface DatastorePath {
  readonly datastore: string;
  /** Without a slash at either end; empty for the datastore itself. */
  readonly path: string;
}

/** Takes a datastore path apart; undefined where it is none. */
export function parseDatastorePath(text: string): DatastorePath | undefined {
  const groups = /^\[(?<datastore>[^\]]+)\] ?(?<path>.*)$/.exec(text)?.groups;
  if (groups?.datastore === undefined || groups.path === undefined) return undefined;
  const path = cleanPath(groups.path);
  return path === undefined ? undefined : {datastore: groups.datastore, path};
}

/** A path below a datastore without needless slashes; undefined where it would lead out of the datastore. */
export function cleanPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.some((part) => part === '.' || part === '..') ? undefined : parts.join('/');
}

/** The folder that a path stands in; empty for the datastore itself. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
