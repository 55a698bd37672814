import type {PropertyCollector, WaitOptions} from '../model/property-collector.js';
import {type ManagedObject, resolve} from '../model/vcenter.js';
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
export class Collector implements PropertyCollector {
  readonly type = 'PropertyCollector';
  readonly id: string;
  readonly filters = new Map<string, PropertyFilter>();
  readonly #scope: Scope;
  readonly #updates: Updates;
  readonly #tokens = new Map<string, Pending>();
  #nextToken = 0;
  #nextFilter = 0;

  constructor(id: string, scope: Scope) {
    this.id = id;
    this.#scope = scope;
    this.#updates = new Updates(this.filters, scope.vcenter.inventory.clock);
  }

  get openTokens(): number {
    return this.#tokens.size;
  }

  retrieve(specSet: readonly XmlElement[], pageSize: number): Data | undefined {
    const objects: [ManagedObject, FilterSpec][] = [];
    for (const element of specSet) {
      const spec = readFilterSpec(element);
      for (const object of select(spec, this.#scope)) {
        if (spec.propertiesOf(object.type) !== undefined) objects.push([object, spec]);
      }
    }
    return objects.length === 0 ? undefined : this.#page({objects, from: 0, pageSize});
  }

  continue(token: string): Data {
    return this.#page(this.#redeem(token));
  }

  cancel(token: string): void {
    this.#redeem(token);
  }

  createFilter(element: XmlElement): PropertyFilter {
    const spec = readFilterSpec(element);
    select(spec, this.#scope);
    const id = `session[${this.#scope.session.key}]${this.id}-filter-${this.#nextFilter++}`;
    const filter = new PropertyFilter(id, spec, this.#scope, () => this.#updates.wake());
    this.filters.set(id, filter);
    this.#updates.wake();
    return filter;
  }

  destroyFilter(id: string): void {
    this.filters.get(id)?.dispose();
    this.filters.delete(id);
  }

  waitForUpdates(version: string, options: WaitOptions): Promise<Data | undefined> {
    return this.#updates.wait(version, options);
  }

  cancelWaitForUpdates(): void {
    this.#updates.cancel();
  }

  dispose(): void {
    for (const filter of this.filters.values()) filter.dispose();
    this.filters.clear();
    this.#tokens.clear();
    this.#updates.cancel();
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

  #page({objects, from, pageSize}: Pending): Data {
    const scope = this.#scope;
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
