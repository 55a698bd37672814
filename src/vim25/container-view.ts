import {toVchError, VchError} from '../errors.js';
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
    if (view === null)
      throw new VchError('VCH_ERR_TRANSPORT', `${session.url.host} made no view`, {failure: 'maybe-done'});
    const generation = session.generation;
    let result: T;
    try {
      result = await use(view);
    } catch (error) {
      // The failure that led here is the one to report.
      await destroy(session, view);
      throw error;
    }
    if (session.generation === generation) await destroy(session, view);
    return result;
  });
}

/** Not worth a failure: what was read is read, and the view ends with its session at the latest. */
async function destroy(session: Session, view: ManagedObjectReference): Promise<void> {
  try {
    await session.call('DestroyView', view);
  } catch (error) {
    session.log.debug(`the view ${view.value} could not be destroyed: ${toVchError(error).message}`);
  }
}
