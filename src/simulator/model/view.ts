import {childrenOf, type Entity} from './entity.js';
import {isA} from './type-tree.js';

interface Target {
  readonly type: string;
  readonly id: string;
}

/** A view over whatever is below a container at the moment of looking. */
export interface ContainerView {
  readonly type: 'ContainerView';
  readonly id: string;
  readonly container: Entity;
  /** Types, or base types, of what is shown; empty for everything. */
  readonly types: readonly string[];
  readonly recursive: boolean;
}

/** A view over the objects that the client has named. */
export interface ListView {
  readonly type: 'ListView';
  readonly id: string;
  readonly objects: Map<string, Target>;
}

/** Either kind of view. */
export type View = ContainerView | ListView;

/** What a view shows now, each object once. */
export function membersOf(view: View): Target[] {
  if (view.type === 'ListView') return [...view.objects.values()];
  const seen = new Set<Entity>();
  const members: Entity[] = [];
  const pending: Entity[] = childrenOf(view.container).reverse();
  for (;;) {
    const entity = pending.pop();
    if (entity === undefined) return members;
    if (seen.has(entity)) continue;
    seen.add(entity);
    if (view.types.length === 0 || view.types.some((type) => isA(entity.type, type))) members.push(entity);
    if (view.recursive) pending.push(...childrenOf(entity).reverse());
  }
}
