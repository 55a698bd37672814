import type {Finding} from '../migration/finding.js';
import type {Link} from './aliases.js';
import type {NamedContainer} from './find-container.js';

/** Of no container's doing: docker, too, leaves a link behind when the linked container is removed. */
export const DANGLING_LINK = 'link-dangling';

/** All containers of a VCH, for what only shows of one among the others. */
export class Neighbours {
  readonly #byName = new Map<string, NamedContainer[]>();
  readonly #ids: readonly string[];

  constructor(containers: readonly NamedContainer[]) {
    this.#ids = containers.map(({containerId}) => containerId);
    for (const container of containers) {
      if (container.name === null) continue;
      const others = this.#byName.get(container.name);
      if (others === undefined) this.#byName.set(container.name, [container]);
      else others.push(container);
    }
  }

  /** A name that another container has, too; a copy of the same container is found by its id. */
  nameFindings({name, containerId}: {readonly name: string | null; readonly containerId: string}): Finding[] {
    const others = (name === null ? [] : (this.#byName.get(name) ?? [])).filter(
      (other) => other.containerId !== containerId,
    );
    if (others.length === 0) return [];
    const message = `its name ${JSON.stringify(name)} is there again, on ${others.map(({vm}) => vm).join(', ')}: rename one of them by id, or remove it`;
    return [{code: 'name-twice', message}];
  }

  /** Links that lead to none of the containers, by name or by id. */
  linkFindings(links: readonly Link[]): Finding[] {
    return links
      .filter(({container}) => !this.#answers(container))
      .map(({container, alias}) => ({
        code: DANGLING_LINK,
        message: `it links to ${JSON.stringify(container)} as ${JSON.stringify(alias)}, and there is no such container: it was removed, or the rename of it is not finished`,
      }));
  }

  #answers(word: string): boolean {
    return (
      this.#byName.has(word) || (/^[0-9a-f]+$/.test(word) && this.#ids.some((id) => id.startsWith(word)))
    );
  }
}
