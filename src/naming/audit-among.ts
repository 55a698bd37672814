import type {Finding} from '../migration/finding.js';
import type {Link} from './aliases.js';
import type {NamedContainer} from './find-container.js';

/** Of no container's doing: docker, too, leaves a link behind when the linked container is removed. */
export const DANGLING_LINK = 'link-dangling';

/** What is wrong with a container's name only among the others: another container has it, too. */
export function nameTwiceFindings(
  {name, containerId}: Pick<NamedContainer, 'name' | 'containerId'>,
  containers: readonly NamedContainer[],
): Finding[] {
  const others = containers.filter(
    (other) => name !== null && other.name === name && other.containerId !== containerId,
  );
  if (others.length === 0) return [];
  const message = `its name ${JSON.stringify(name)} is there again, on ${others.map(({vm}) => vm).join(', ')}: rename one of them by id, or remove it`;
  return [{code: 'name-twice', message}];
}

/** The links of a container that lead to none of the containers there are, by name or by id. */
export function danglingLinkFindings(
  links: readonly Link[],
  containers: readonly NamedContainer[],
): Finding[] {
  return links
    .filter(({container}) => !containers.some((other) => answersTo(container, other)))
    .map(({container, alias}) => ({
      code: DANGLING_LINK,
      message: `it links to ${JSON.stringify(container)} as ${JSON.stringify(alias)}, and there is no such container: it was removed, or the rename of it is not finished`,
    }));
}

function answersTo(word: string, {name, containerId}: NamedContainer): boolean {
  return name === word || (/^[0-9a-f]+$/.test(word) && containerId.startsWith(word));
}
