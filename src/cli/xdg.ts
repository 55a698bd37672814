import {join} from 'node:path';

/** Folders of this tool by the XDG specification: what it is told, and where that is if nothing is said. */
const PLACES = {
  XDG_CONFIG_HOME: '.config',
  XDG_STATE_HOME: join('.local', 'state'),
} as const;

/** The folder of this tool below one of XDG's; `undefined` without a home. */
export function xdgFolder(
  name: keyof typeof PLACES,
  variables: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const named = variables[name];
  // The specification: a relative path is to be ignored.
  if (named?.startsWith('/')) return join(named, 'vch-migrate');
  const {HOME: home} = variables;
  return home ? join(home, PLACES[name], 'vch-migrate') : undefined;
}
