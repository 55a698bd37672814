import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {restartable} from './property-collector.js';
import {refValue} from './property-value.js';
import type {Session} from './session.js';
import {reference} from './transport.js';
import {child} from './xml-tree.js';

/** Makes a view of everything of one type below a container, hands it out, and destroys it. */
export function withContainerView<T>(
  session: Session,
  container: ManagedObjectReference,
  type: string,
  use: (view: ManagedObjectReference) => Promise<T>,
): Promise<T> {
  return restartable(session, async () => {
    const answer = await session.call('CreateContainerView', session.content.viewManager, {
      container: reference(container),
      type: [type],
      recursive: true,
    });
    const view = refValue(child(answer, 'returnval'));
    if (view === null) throw new VchError('VCH_ERR_TRANSPORT', `${session.url.host} made no view`);
    const generation = session.generation;
    let result: T;
    try {
      result = await use(view);
    } catch (error) {
      // The view ends with its session at the latest; the failure that led here is the one to report.
      await session.call('DestroyView', view).catch(() => undefined);
      throw error;
    }
    if (session.generation === generation) await session.call('DestroyView', view);
    return result;
  });
}
