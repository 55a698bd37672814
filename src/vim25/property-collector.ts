import pLimit from 'p-limit';
import {toVchError, VchError} from '../errors.js';
import {faultError, localizedFault, type VimFault} from './faults.js';
import type {ManagedObjectReference} from './managed-object.js';
import {optionValue, optionValues, refValue} from './property-value.js';
import {isOutage, READ, repeat} from './retry.js';
import type {Session} from './session.js';
import {reference} from './transport.js';
import {child, childText, type Streamed, type XmlElement, type XmlText, xmlElements, xmlText} from './xml.js';

// Explicit, because vCenter pages at 100 when it is unset. A server may still send smaller pages.
const PAGE = 500;

/** Which properties of which type; a key of the ExtraConfig is `config.extraConfig["<key>"]`. */
export interface PropertySpec {
  readonly type: string;
  readonly pathSet: readonly string[];
}

/** One step from an object to the ones that its property names. */
export interface TraversalSpec {
  readonly type: string;
  readonly path: string;
}

/** Where a read starts: the object itself, or what it leads to. */
export interface ObjectSpec {
  readonly obj: ManagedObjectReference;
  readonly traverse?: readonly TraversalSpec[];
}

/** One object of an answer. A property that is unset, or an ExtraConfig key that is not there, has no entry. */
export interface ObjectContent {
  readonly obj: ManagedObjectReference;
  readonly properties: ReadonlyMap<string, XmlElement>;
  /** What could not be read, and why: not to be taken for absent. */
  readonly missing: readonly {readonly path: string; readonly fault: VimFault}[];
}

/** Throws the fault of the first property that could not be read; `what` names the reading. */
export function assertNothingMissing(content: ObjectContent, what: string): void {
  const [missing] = content.missing;
  if (missing !== undefined)
    throw faultError(missing.fault, `${what}: ${missing.path} of ${content.obj.value}`);
}

/** The path of one ExtraConfig key; the same key is wanted in its answer. */
export function extraConfigPath(key: string): string {
  return `config.extraConfig["${key}"]`;
}

/** Which keys of an ExtraConfig are wanted; `all` reads it whole. */
export type WantedKeys = readonly string[] | 'all';

/** The paths of those keys. */
export function extraConfigPaths(keys: WantedKeys): readonly string[] {
  return keys === 'all' ? ['config.extraConfig'] : keys.map(extraConfigPath);
}

/** By the list of keys: the same one is looked up in every VM. */
const PATHS = new WeakMap<readonly string[], readonly string[]>();

function pathsOf(keys: readonly string[]): readonly string[] {
  let paths = PATHS.get(keys);
  if (paths === undefined) {
    paths = keys.map(extraConfigPath);
    PATHS.set(keys, paths);
  }
  return paths;
}

/** The values of those keys, as far as they are there. */
export function extraConfigOf(
  properties: ObjectContent['properties'],
  keys: WantedKeys,
): Readonly<Record<string, string>> {
  const options =
    keys === 'all'
      ? optionValues(properties.get('config.extraConfig'))
      : pathsOf(keys).map((path) => optionValue(properties.get(path)));
  const entries: [string, string][] = [];
  for (const option of options) if (option !== null) entries.push([option.key, option.value]);
  return Object.fromEntries(entries);
}

/**
 * Reads everything the specs reach, page by page, and gives what `map` made of each object, so that no more than
 * a page of the wire's form is ever in memory. Begun anew when the connection breaks or the session is renewed.
 */
export function retrieveProperties<T>(
  session: Session,
  objects: readonly ObjectSpec[],
  properties: readonly PropertySpec[],
  map: (content: ObjectContent) => T,
): Promise<T[]> {
  return restartable(session, () => retrieveOnce(session, objects, properties, map));
}

/** Reads the same properties of several objects. */
export async function readObjects<T>(
  session: Session,
  objects: readonly ManagedObjectReference[],
  pathSet: readonly string[],
  map: (content: ObjectContent) => T,
): Promise<T[]> {
  if (objects.length === 0) return [];
  const types = [...new Set(objects.map(({type}) => type))];
  return retrieveProperties(
    session,
    objects.map((obj) => ({obj})),
    types.map((type) => ({type, pathSet})),
    map,
  );
}

/** Objects for which one request asks. Where a server sends smaller pages, as many as a page of it has, but at least 50. */
const CHUNK = {most: 250, least: 50};
/** The server looks chunks up while another is read. Of two, both tend to arrive together, and leave it with nothing to do. */
const CHUNKS_AT_ONCE = 3;

/**
 * The same by moref, where objects may be gone: an object that was removed is `gone`. What vCenter leaves out of its answer
 * twice has no entry, which says nothing of it.
 */
export async function readEach<T>(
  session: Session,
  objects: readonly ManagedObjectReference[],
  pathSet: readonly string[],
  map: (content: ObjectContent) => T,
): Promise<ReadonlyMap<string, T | 'gone'>> {
  const found = new Map<string, T | 'gone'>();
  const size = Math.max(CHUNK.least, Math.min(CHUNK.most, SMALL_PAGES.get(session) ?? CHUNK.most));
  await pLimit(CHUNKS_AT_ONCE).map(chunksOf(objects, size), (chunk) =>
    readChunk(session, chunk, pathSet, map, found),
  );
  return found;
}

/** The first of many chunks are smaller, so that there is something to read while the server looks the others up. */
function chunksOf<T>(objects: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  const isLong = objects.length > size * CHUNKS_AT_ONCE;
  for (let start = 0; start < objects.length; ) {
    const part = isLong ? Math.min(1, (chunks.length + 1) / (CHUNKS_AT_ONCE + 1)) : 1;
    const end = start + Math.ceil(size * part);
    chunks.push(objects.slice(start, end));
    start = end;
  }
  return chunks;
}

/** One object that is gone fails the reading of all, and halving the list finds it. */
async function readChunk<T>(
  session: Session,
  objects: readonly ManagedObjectReference[],
  pathSet: readonly string[],
  map: (content: ObjectContent) => T,
  found: Map<string, T | 'gone'>,
): Promise<void> {
  const read = async (wanted: readonly ManagedObjectReference[]): Promise<void> => {
    try {
      await readObjects(session, wanted, pathSet, (content) => found.set(content.obj.value, map(content)));
    } catch (error) {
      if (!(error instanceof VchError && error.fault === 'ManagedObjectNotFound')) throw error;
      const [only] = wanted;
      if (only !== undefined && wanted.length === 1) {
        found.set(only.value, 'gone');
        return;
      }
      const middle = Math.ceil(wanted.length / 2);
      await read(wanted.slice(0, middle));
      await read(wanted.slice(middle));
    }
  };
  await read(objects);
  await read(objects.filter(({value}) => !found.has(value)));
}

/** Reads properties of one object. A property that cannot be read is an error; `what` names the reading. */
export async function readObject(
  session: Session,
  obj: ManagedObjectReference,
  pathSet: readonly string[],
  what: string,
): Promise<ObjectContent['properties']> {
  const [properties] = await readObjects(session, [obj], pathSet, (content) => {
    assertNothingMissing(content, what);
    return content.properties;
  });
  if (properties !== undefined) return properties;
  throw leftOut(session, obj, what);
}

/** That an answer leaves an object out proves nothing: only `ManagedObjectNotFound` says that it is gone. */
export function leftOut({url}: Session, {value}: ManagedObjectReference, what: string): VchError {
  return new VchError('VCH_ERR_TRANSPORT', `${what}: ${url.host} left ${value} out of its answer`, {
    failure: 'busy',
  });
}

/** As {@link retrieveProperties}, but never run again: for a caller that holds a view, which would have to be made anew. */
export async function retrieveOnce<T>(
  session: Session,
  objects: readonly ObjectSpec[],
  properties: readonly PropertySpec[],
  map: (content: ObjectContent) => T,
): Promise<T[]> {
  const results: T[] = [];
  const specSet = xmlElements({propSet: properties.map(propertySpec), objectSet: objects.map(objectSpec)});
  await eachObject(session, specSet, (object) => results.push(map(objectContent(object))));
  return results;
}

/**
 * Runs a read again from its start where trying again may help: when the connection broke, or when the login was
 * renewed under it, since the views and page tokens that it held are gone then.
 */
export function restartable<T>(session: Session, read: () => Promise<T>): Promise<T> {
  let gone = false;
  return repeat(session, READ, async () => {
    const generation = session.generation;
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof VchError)) throw error;
      // An object that was removed during the read is not listed by the next one; the second time it is missing.
      const firstGone = error.fault === 'ManagedObjectNotFound' && !gone;
      if (firstGone) gone = true;
      const renewed = session.generation !== generation;
      // Silence has a budget of its own.
      if (!firstGone && (!renewed || isOutage(error))) throw error;
      const {code, message, fault} = error;
      const why = renewed ? `${session.url.host} ended the session in the middle of a read: ` : '';
      throw new VchError(code, `${why}${message}`, {cause: error, fault, failure: 'busy'});
    }
  });
}

/**
 * How many objects a page has of a server that sends fewer than it was asked for. A token is for the answer before it, so reads
 * that run side by side should not need any; of pages of fewer than {@link CHUNK} has at least, they still do.
 */
const SMALL_PAGES = new WeakMap<Session, number>();

/** Hands out every object that the specs reach, while the pages come in. */
async function eachObject(
  session: Session,
  specSet: XmlText,
  use: (object: XmlElement) => void,
): Promise<void> {
  const collector = session.content.propertyCollector;
  const progress = new Progress();
  let token: string | null = null;
  try {
    let page = new Page(use);
    const options = xmlElements({maxObjects: xmlText(`${PAGE}`)});
    let answer = await session.call('RetrievePropertiesEx', collector, {specSet, options}, page.streamed);
    for (let first = true; ; first = false) {
      // Present or not is what counts: "0" is a token like any other.
      token = childText(child(answer, 'returnval'), 'token') ?? null;
      page.assertUsed();
      if (token === null) return;
      if (!progress.isMade(page.objects, token)) throw endless(session);
      const known = page.objects.length;
      if (known < PAGE) SMALL_PAGES.set(session, Math.min(known, SMALL_PAGES.get(session) ?? known));
      page = new Page(use);
      const next = await continueRead(session, token, page, first);
      if (next === null) return await everythingElse(session, specSet, known, use);
      answer = next;
    }
  } finally {
    // Tokens that are left behind pile up in vpxd; vcsim does not know the method.
    const left = token;
    if (left !== null)
      await tidyUp(session, () =>
        session.call('CancelRetrievePropertiesEx', collector, {token: xmlText(left)}),
      );
  }
}

/** One answer's objects, each used as soon as it is read. */
class Page {
  /** Their morefs. */
  readonly objects: string[] = [];
  readonly streamed: Streamed;
  /** What the use of an object threw. It is none of the server's failures, and the token comes behind the objects. */
  #thrown: {readonly error: unknown} | null = null;

  constructor(use: (object: XmlElement) => void, path: readonly string[] = ['returnval', 'objects']) {
    const take = (object: XmlElement) => {
      this.objects.push(childText(object, 'obj') ?? '');
      if (this.#thrown !== null) return;
      try {
        use(object);
      } catch (error) {
        this.#thrown = {error};
      }
    };
    this.streamed = {path, take};
  }

  /** Throws what the use of an object threw. */
  assertUsed(): void {
    if (this.#thrown !== null) throw this.#thrown.error;
  }
}

/** Empty pages in a row. */
const MOST_EMPTY = 3;
/** More objects than any vCenter has, however few a page brings. */
const MOST_PAGES = 20_000;

/** Whether a read comes nearer to its end. */
class Progress {
  #page = '';
  #empty = 0;
  #pages = 0;

  isMade(objects: readonly string[], token: string): boolean {
    const page = [token, ...objects].join();
    const repeated = page === this.#page;
    this.#page = page;
    this.#empty = objects.length === 0 ? this.#empty + 1 : 0;
    this.#pages += 1;
    return !repeated && this.#empty < MOST_EMPTY && this.#pages < MOST_PAGES;
  }
}

function endless({url}: Session): VchError {
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `${url.host} pages its answer without an end: its pages repeat, are empty, or are too many; restart vCenter's services, or run the same command again`,
  );
}

async function continueRead(
  session: Session,
  token: string,
  page: Page,
  first: boolean,
): Promise<XmlElement | null> {
  try {
    return await session.call(
      'ContinueRetrievePropertiesEx',
      session.content.propertyCollector,
      {token: xmlText(token)},
      page.streamed,
    );
  } catch (error) {
    // vCenter 7.0.3 to 8.0.2 refuses this to users without Read on the root folder, who may read all the rest.
    if (first && error instanceof VchError && error.fault === 'NoPermission') return null;
    throw error;
  }
}

/** The old method has no pages; what the first page already held is left out. */
async function everythingElse(
  session: Session,
  specSet: XmlText,
  known: number,
  use: (object: XmlElement) => void,
): Promise<void> {
  let seen = 0;
  const page = new Page(
    (object) => {
      seen += 1;
      if (seen > known) use(object);
    },
    ['returnval'],
  );
  await session.call('RetrieveProperties', session.content.propertyCollector, {specSet}, page.streamed);
  page.assertUsed();
}

/** Not worth a failure: the read's own end is the one to report, and the server cleans up when the session ends. */
async function tidyUp(session: Session, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    session.log.debug(`could not tidy up: ${toVchError(error).message}`);
  }
}

function propertySpec({type, pathSet}: PropertySpec): XmlText {
  return xmlElements({type: xmlText(type), all: xmlText('false'), pathSet: pathSet.map(xmlText)});
}

function objectSpec({obj, traverse}: ObjectSpec): XmlText {
  const start = {attributes: {type: obj.type}, ...xmlText(obj.value)};
  if (traverse === undefined) return xmlElements({obj: start});
  const selectSet = traverse.map(({type, path}) => ({
    attributes: {'xsi:type': 'TraversalSpec'},
    ...xmlElements({type: xmlText(type), path: xmlText(path), skip: xmlText('false')}),
  }));
  return xmlElements({obj: start, skip: xmlText('true'), selectSet});
}

function objectContent(element: XmlElement): ObjectContent {
  const obj = refValue(child(element, 'obj'));
  if (obj === null)
    throw new VchError('VCH_ERR_TRANSPORT', 'the server answered with an object that has no reference', {
      failure: 'maybe-done',
    });
  const properties = new Map<string, XmlElement>();
  const missing: {path: string; fault: VimFault}[] = [];
  for (const part of element.children) {
    if (part.name === 'propSet') {
      const name = childText(part, 'name');
      const value = child(part, 'val');
      // vcsim sends a name without a value for what is not there.
      if (name !== undefined && value !== undefined) properties.set(name, value);
    } else if (part.name === 'missingSet') {
      const fault = child(part, 'fault');
      if (fault !== undefined)
        missing.push({path: childText(part, 'path') ?? '', fault: localizedFault(fault)});
    }
  }
  return {obj, properties, missing};
}

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
    const destroy = () => tidyUp(session, () => session.call('DestroyView', view));
    const generation = session.generation;
    let result: T;
    try {
      result = await use(view);
    } catch (error) {
      // The failure that led here is the one to report.
      await destroy();
      throw error;
    }
    if (session.generation === generation) await destroy();
    return result;
  });
}
