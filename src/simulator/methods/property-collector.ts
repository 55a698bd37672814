import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {PropertyCollector} from '../model/property-collector.js';
import {isA} from '../model/type-tree.js';
import {readContent} from '../properties/content.js';
import {readerOf} from '../properties/spec.js';
import {list, reference} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import {
  invalidArgument,
  type Method,
  type Outcome,
  required,
  type SessionCall,
  withPrivilege,
} from './method.js';

/** Objects on a page when the client names no number of its own. */
const DEFAULT_PAGE = 100;

/** The methods of PropertyCollector and PropertyFilter, and pyVmomi's Fetch of one property. */
export const propertyCollectorMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'PropertyCollector.RetrievePropertiesEx',
    withPrivilege(undefined, (call) => {
      const asked = positive(call.args.child('options'), 'maxObjects') ?? DEFAULT_PAGE;
      const pageSize = Math.min(asked, call.vcenter.settings.pageLimit);
      return {result: collectorOf(call).retrieve(call.args.all('specSet'), pageSize)};
    }),
  ],
  [
    'PropertyCollector.ContinueRetrievePropertiesEx',
    withPrivilege(undefined, (call) => ({
      result: collectorOf(call).continue(required(call.args, 'token')),
    })),
  ],
  [
    'PropertyCollector.CancelRetrievePropertiesEx',
    withPrivilege(undefined, (call) => {
      if (!call.ignored) collectorOf(call).cancel(required(call.args, 'token'));
      return {};
    }),
  ],
  [
    'PropertyCollector.RetrieveProperties',
    withPrivilege(undefined, (call) => {
      const content = collectorOf(call).retrieve(call.args.all('specSet'), Number.POSITIVE_INFINITY);
      return {result: content?.fields.find(([name]) => name === 'objects')?.[1] ?? list('ObjectContent', [])};
    }),
  ],
  [
    'PropertyCollector.CreatePropertyCollector',
    withPrivilege('System.View', ({session}) => {
      return {result: reference(session.createCollector())};
    }),
  ],
  [
    'PropertyCollector.DestroyPropertyCollector',
    withPrivilege('System.View', (call) => {
      const collector = collectorOf(call);
      if (collector.id === 'propertyCollector') throw invalidArgument('_this');
      collector.dispose();
      call.session.collectors.delete(collector.id);
      return {};
    }),
  ],
  [
    'PropertyCollector.CreateFilter',
    withPrivilege('System.View', (call) => {
      const spec = call.args.child('spec');
      if (spec === undefined) throw invalidArgument('spec');
      return {result: reference(collectorOf(call).createFilter(spec))};
    }),
  ],
  [
    'PropertyCollector.WaitForUpdatesEx',
    withPrivilege('System.View', (call) => {
      const options = call.args.child('options');
      const seconds = options?.textOf('maxWaitSeconds');
      return waitForUpdates(
        call,
        seconds === undefined ? undefined : Number(seconds) * 1000,
        positive(options, 'maxObjectUpdates') ?? DEFAULT_PAGE,
      );
    }),
  ],
  [
    'PropertyCollector.WaitForUpdates',
    withPrivilege('System.View', (call) => waitForUpdates(call, undefined, Number.POSITIVE_INFINITY)),
  ],
  [
    'PropertyCollector.CancelWaitForUpdates',
    withPrivilege('System.View', (call) => {
      collectorOf(call).cancelWaitForUpdates();
      return {};
    }),
  ],
  [
    'PropertyFilter.DestroyPropertyFilter',
    withPrivilege(undefined, ({session, object}) => {
      for (const collector of session.collectors.values()) collector.destroyFilter(object.id);
      return {};
    }),
  ],
  [
    'ManagedObject.Fetch',
    withPrivilege(undefined, (call) => {
      const {object, session} = call;
      if (isA(object.type, 'ManagedEntity') && !hasPrivilege(session.user.role, 'System.View', object.id)) {
        throw noPermission(object, 'System.View');
      }
      const path = required(call.args, 'prop');
      const {values, missing} = readContent(object, [{path, read: readerOf(object.type, path)}], call);
      if (missing.length > 0) throw noPermission(object, 'System.Read');
      return {result: values[0]?.[1], typed: true};
    }),
  ],
]);

function collectorOf({session, object}: SessionCall): PropertyCollector {
  const collector = session.collectors.get(object.id);
  if (collector !== undefined) return collector;
  throw invalidArgument('_this');
}

async function waitForUpdates(
  call: SessionCall,
  maxWait: number | undefined,
  maxObjectUpdates: number,
): Promise<Outcome> {
  const version = call.args.textOf('version') ?? '';
  const {signal} = call;
  return {result: await collectorOf(call).waitForUpdates(version, {maxWait, maxObjectUpdates, signal})};
}

function positive(options: XmlElement | undefined, name: string): number | undefined {
  const text = options?.textOf(name);
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw invalidArgument(`options.${name}`);
  return Number(text);
}
