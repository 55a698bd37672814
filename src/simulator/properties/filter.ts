import type {ChangeListener} from '../model/change-feed.js';
import {type ManagedObject, resolve} from '../model/vcenter.js';
import {encode} from '../soap/encode.js';
import {type Data, data, enumeration, list, reference, string, type Value} from '../soap/value.js';
import {readContent} from './content.js';
import type {Scope} from './node.js';
import {select} from './select.js';
import type {FilterSpec} from './spec.js';

interface Reported {
  readonly type: string;
  /** The XML last sent, by path. */
  readonly sent: Map<string, string>;
}

/** A PropertyFilter: knows what it has told its client, and so what is new. */
export class PropertyFilter implements ChangeListener {
  readonly type = 'PropertyFilter';
  readonly id: string;
  readonly #spec: FilterSpec;
  readonly #scope: Scope;
  readonly #wake: () => void;
  readonly #unsubscribe: () => void;
  readonly #reported = new Map<string, Reported>();
  readonly #dirty = new Set<string>();
  #selected = new Map<string, ManagedObject>();
  #stale = true;

  constructor(id: string, spec: FilterSpec, scope: Scope, wake: () => void) {
    this.id = id;
    this.#spec = spec;
    this.#scope = scope;
    this.#wake = wake;
    this.#unsubscribe = scope.vcenter.inventory.changes.subscribe(this);
  }

  changed(id: string): void {
    if (!this.#selected.has(id)) return;
    this.#dirty.add(id);
    this.#wake();
  }

  restructured(): void {
    this.#stale = true;
    this.#wake();
  }

  /** Forgets what was told: the next update tells everything again. */
  reset(): void {
    this.#reported.clear();
    this.#stale = true;
  }

  /** Stops listening. */
  dispose(): void {
    this.#unsubscribe();
  }

  /** Takes up to `limit` ObjectUpdates of what is new; the rest waits for the next call. */
  take(limit: number): {updates: Data[]; truncated: boolean} {
    if (this.#stale) this.#reselect();
    const updates: Data[] = [];
    for (const id of this.#dirty) {
      if (updates.length >= limit) return {updates, truncated: true};
      this.#dirty.delete(id);
      const update = this.#updateOf(id);
      if (update !== undefined) updates.push(update);
    }
    return {updates, truncated: false};
  }

  #reselect(): void {
    this.#stale = false;
    const {vcenter, session} = this.#scope;
    // An object named outright may have gone since the filter was made: that is a leave, not a fault.
    const present = this.#spec.starts.filter(({id}) => resolve(vcenter, session, id) !== undefined);
    const objects = select({...this.#spec, starts: present}, this.#scope);
    this.#selected = new Map(objects.map((object) => [object.id, object]));
    for (const id of this.#selected.keys()) this.#dirty.add(id);
    for (const id of this.#reported.keys()) if (!this.#selected.has(id)) this.#dirty.add(id);
  }

  #updateOf(id: string): Data | undefined {
    const object = this.#selected.get(id);
    const known = this.#reported.get(id);
    if (object === undefined) {
      this.#reported.delete(id);
      return known && objectUpdate('leave', {type: known.type, id}, [], []);
    }
    const properties = this.#spec.propertiesOf(object.type);
    if (properties === undefined) return undefined;
    const {values, missing} = readContent(object, properties, this.#scope);
    const sent = new Map(values.map(([path, value]) => [path, encode('val', value, true)]));
    this.#reported.set(id, {type: object.type, sent});
    if (known === undefined) return objectUpdate('enter', object, values, missing);
    const changes: (readonly [string, Value | undefined])[] = values.filter(
      ([path]) => sent.get(path) !== known.sent.get(path),
    );
    for (const path of known.sent.keys()) if (!sent.has(path)) changes.push([path, undefined]);
    return changes.length === 0 ? undefined : objectUpdate('modify', object, changes, missing);
  }
}

function objectUpdate(
  kind: 'enter' | 'modify' | 'leave',
  object: {readonly type: string; readonly id: string},
  changes: readonly (readonly [path: string, value: Value | undefined])[],
  missing: readonly Data[],
): Data {
  return data(
    'ObjectUpdate',
    ['kind', enumeration('ObjectUpdateKind', kind)],
    ['obj', reference(object)],
    [
      'changeSet',
      list(
        'PropertyChange',
        changes.map(([path, value]) =>
          data(
            'PropertyChange',
            ['name', string(path)],
            ['op', enumeration('PropertyChangeOp', 'assign')],
            ['val', value, 'typed'],
          ),
        ),
      ),
    ],
    ['missingSet', list('MissingProperty', missing)],
  );
}
