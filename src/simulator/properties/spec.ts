import {isA} from '../model/type-tree.js';
import type {ManagedObject} from '../model/vcenter.js';
import {VimFault} from '../soap/fault.js';
import {string} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import type {Read} from './path.js';
import {TABLES} from './tables.js';

/** From which object to which others: a TraversalSpec. */
export interface Traversal {
  readonly type: string;
  readonly path: string;
  readonly skip: boolean;
  readonly next: readonly Step[];
}

/** A traversal, or the name of one. */
export type Step = Traversal | string;

/** Where to start: an ObjectSpec. */
export interface Start {
  readonly id: string;
  readonly skip: boolean;
  readonly steps: readonly Step[];
}

/** One property to report. */
export interface Property {
  readonly path: string;
  readonly read: Read<ManagedObject>;
}

/** A PropertyFilterSpec, ready to be used. */
export interface FilterSpec {
  readonly starts: readonly Start[];
  readonly named: ReadonlyMap<string, Traversal>;
  readonly reportMissing: boolean;
  /** What to report of objects of that type; undefined where no PropertySpec speaks of it. */
  propertiesOf(type: string): readonly Property[] | undefined;
}

interface PropertySpec {
  readonly type: string;
  readonly all: boolean;
  readonly paths: readonly string[];
}

/** Reads a PropertyFilterSpec; paths that a type does not have are an InvalidProperty. */
export function readFilterSpec(element: XmlElement): FilterSpec {
  const named = new Map<string, Traversal>();
  const starts = element.all('objectSet').map((start) => ({
    id: requiredText(start, 'obj'),
    skip: start.textOf('skip') === 'true',
    steps: start.all('selectSet').map((step) => readStep(step, named)),
  }));
  const propertySpecs = element.all('propSet').map((spec) => ({
    type: requiredText(spec, 'type'),
    all: spec.textOf('all') === 'true',
    paths: spec.all('pathSet').map((path) => path.text),
  }));
  const byType = new Map<string, readonly Property[] | undefined>();
  const propertiesOf = (type: string): readonly Property[] | undefined => {
    if (!byType.has(type)) byType.set(type, compileProperties(type, propertySpecs));
    return byType.get(type);
  };
  // A wrong path is a fault even where no object of the type is met.
  for (const {type} of propertySpecs) if (TABLES.has(type)) propertiesOf(type);
  return {
    starts,
    named,
    reportMissing: element.textOf('reportMissingObjectsInResults') === 'true',
    propertiesOf,
  };
}

/** The reader of one path of a type, or the fault for a path that it does not have. */
export function readerOf(type: string, path: string): Read<ManagedObject> {
  const read = TABLES.get(type)?.compile(path);
  if (read === undefined)
    throw new VimFault('InvalidProperty', `The property ${path} is invalid.`, [['name', string(path)]]);
  return read;
}

function compileProperties(type: string, specs: readonly PropertySpec[]): readonly Property[] | undefined {
  const relevant = specs.filter((spec) => isA(type, spec.type));
  if (relevant.length === 0) return undefined;
  const paths = new Set<string>();
  for (const spec of relevant) {
    for (const path of spec.all ? (TABLES.get(type)?.names ?? []) : spec.paths) paths.add(path);
  }
  return [...paths].map((path) => ({path, read: readerOf(type, path)}));
}

function readStep(element: XmlElement, named: Map<string, Traversal>): Step {
  const name = element.textOf('name');
  if (element.type !== 'TraversalSpec') {
    if (element.child('path') !== undefined) {
      throw new VimFault('InvalidRequest', 'A selectSet with a path needs xsi:type="TraversalSpec".');
    }
    return name ?? '';
  }
  const traversal: Traversal = {
    type: requiredText(element, 'type'),
    path: requiredText(element, 'path'),
    skip: element.textOf('skip') === 'true',
    next: element.all('selectSet').map((step) => readStep(step, named)),
  };
  if (TABLES.has(traversal.type)) readerOf(traversal.type, traversal.path);
  if (name !== undefined && name !== '') named.set(name, traversal);
  return traversal;
}

function requiredText(element: XmlElement, name: string): string {
  const text = element.textOf(name);
  if (text === undefined) throw new VimFault('InvalidRequest', `${element.name} has no ${name}.`);
  return text;
}
