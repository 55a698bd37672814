import type {Draft} from '../extraconfig/draft.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {isAliasListKey} from '../extraconfig/keys.js';
import {joinEntries, listEntries} from '../extraconfig/value.js';

// A containerVM's hidden `networks|<net>/network/aliases~` lists what resolves to what on that network. An entry is
// `[container]:alias`. With nothing before the colon it is an alias of the container itself; otherwise it is a link:
// inside this container, `alias` stands for that other container, named by name or by id.
//
//     :web|:frontend|db:database        own aliases web and frontend; the container db is known here as database
//
// A rename changes the name wherever it stands for the container: `:web` in web's own list, and the part before the
// colon in the lists of other containers. The alias in a link is the other container's choice and stays, and so does a
// link by id. Entries are replaced one for one, because VIC keeps their number in another key. VIC cannot read an entry
// with no colon, or with more than one: it stays, too.

/** One link of a container to another. */
export interface Link {
  readonly key: string;
  /** Name or id of the linked container. */
  readonly container: string;
  /** What the linked container is called inside this one. */
  readonly alias: string;
}

/** Puts a container's new name into its own lists. */
export function renameOwnAliases(draft: Draft, oldName: string, newName: string): void {
  replaceEntries(draft, ({container, alias}) => ({
    container: container === oldName ? newName : container,
    alias: container === '' && alias === oldName ? newName : alias,
  }));
}

/** Puts another container's new name into the links to it, whichever of its old names they have. */
export function relink(draft: Draft, oldNames: readonly string[], newName: string): void {
  replaceEntries(draft, ({container, alias}) => ({
    container: oldNames.includes(container) ? newName : container,
    alias,
  }));
}

/** The links of a container to others. */
export function linksOf(config: ExtraConfig): Link[] {
  return Object.entries(config).flatMap(([key, raw]) =>
    isAliasListKey(key)
      ? listEntries(raw).flatMap((text) => {
          const entry = parseEntry(text);
          return entry === null || entry.container === '' ? [] : [{key, ...entry}];
        })
      : [],
  );
}

/** The links of a container to the one that has, or had, these names. */
export function linksTo(config: ExtraConfig, names: readonly string[]): Link[] {
  return linksOf(config).filter(({container}) => names.includes(container));
}

interface Entry {
  readonly container: string;
  readonly alias: string;
}

function parseEntry(text: string): Entry | null {
  const [container, alias, ...rest] = text.split(':');
  return container === undefined || alias === undefined || rest.length > 0 ? null : {container, alias};
}

function replaceEntries(draft: Draft, replace: (entry: Entry) => Entry): void {
  for (const key of draft.keys().filter(isAliasListKey)) {
    const raw = draft.raw(key) ?? '';
    const entries = listEntries(raw).map((text) => {
      const entry = parseEntry(text);
      if (entry === null) return text;
      const {container, alias} = replace(entry);
      return `${container}:${alias}`;
    });
    // An empty list is `<nil>`, and stays as it is written.
    if (entries.length > 0) draft.setRaw(key, joinEntries(entries));
  }
}
