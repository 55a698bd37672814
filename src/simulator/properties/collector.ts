import type {ManagedObject} from '../model/vcenter.js';
import {resolve} from '../model/vcenter.js';
import {VimFault} from '../soap/fault.js';
import {type Data, data, list, string} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import {objectContent, readContent} from './content.js';
import {PropertyFilter} from './filter.js';
import type {Scope} from './node.js';
import {select} from './select.js';
import {type FilterSpec, readFilterSpec} from './spec.js';
import {Updates} from './updates.js';

interface Pending {
  readonly objects: readonly (readonly [ManagedObject, FilterSpec])[];
  readonly from: number;
  readonly pageSize: number;
}

/** What a PropertyCollector of one session holds: tokens of unfinished retrievals, filters, its updates. */
export class Collector {
  readonly type = 'PropertyCollector';
  readonly id: string;
  readonly filters = new Map<string, PropertyFilter>();
  readonly updates = new Updates(this.filters);
  readonly #tokens = new Map<string, Pending>();
  #nextToken = 0;
  #nextFilter = 0;

  constructor(id: string) {
    this.id = id;
  }

  get openTokens(): number {
    return this.#tokens.size;
  }

  /** RetrievePropertiesEx: the first page; undefined where nothing was selected. */
  retrieve(specSet: readonly XmlElement[], pageSize: number, scope: Scope): Data | undefined {
    const objects: [ManagedObject, FilterSpec][] = [];
    for (const element of specSet) {
      const spec = readFilterSpec(element);
      for (const object of select(spec, scope)) {
        if (spec.propertiesOf(object.type) !== undefined) objects.push([object, spec]);
      }
    }
    return objects.length === 0 ? undefined : this.#page({objects, from: 0, pageSize}, scope);
  }

  /** ContinueRetrievePropertiesEx: the next page. */
  continue(token: string, scope: Scope): Data {
    return this.#page(this.#redeem(token), scope);
  }

  /** CancelRetrievePropertiesEx: forgets the token. */
  cancel(token: string): void {
    this.#redeem(token);
  }

  /** CreateFilter. */
  createFilter(element: XmlElement, scope: Scope): PropertyFilter {
    const spec = readFilterSpec(element);
    select(spec, scope);
    const id = `session[${scope.session.key}]${this.id}-filter-${this.#nextFilter++}`;
    const filter = new PropertyFilter(id, spec, scope, () => this.updates.wake());
    this.filters.set(id, filter);
    this.updates.wake();
    return filter;
  }

  /** DestroyPropertyFilter. */
  destroyFilter(filter: PropertyFilter): void {
    filter.dispose();
    this.filters.delete(filter.id);
  }

  /** Lets go of everything, and of who waits. */
  dispose(): void {
    for (const filter of this.filters.values()) filter.dispose();
    this.filters.clear();
    this.#tokens.clear();
    this.updates.cancel();
  }

  #redeem(token: string): Pending {
    const pending = this.#tokens.get(token);
    if (pending === undefined) {
      throw new VimFault('InvalidArgument', 'A specified parameter was not correct: token', [
        ['invalidProperty', string('token')],
      ]);
    }
    this.#tokens.delete(token);
    return pending;
  }

  #page({objects, from, pageSize}: Pending, scope: Scope): Data {
    const page: Data[] = [];
    let next = from;
    for (; next < objects.length && page.length < pageSize; next++) {
      const [object, spec] = objects[next] ?? [];
      // What was removed since the first page is no longer reported.
      if (object === undefined || spec === undefined) continue;
      if (resolve(scope.vcenter, scope.session, object.id) === undefined) continue;
      page.push(objectContent(object, readContent(object, spec.propertiesOf(object.type) ?? [], scope)));
    }
    let token: string | undefined;
    if (next < objects.length) {
      token = String(this.#nextToken++);
      this.#tokens.set(token, {objects, from: next, pageSize});
    }
    return data(
      'RetrieveResult',
      ['token', token === undefined ? undefined : string(token)],
      ['objects', list('ObjectContent', page)],
    );
  }
}
