import {randomUUID} from 'node:crypto';
import {type ManagedObject, resolve} from '../model/vcenter.js';
import type {ContainerView, ListView} from '../model/view.js';
import {objectNotFound} from '../properties/select.js';
import {reference, references} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import {invalidArgument, type Method, required, type SessionCall, withPrivilege} from './method.js';

/** The methods of ViewManager and of the views themselves. */
export const viewMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'ViewManager.CreateContainerView',
    withPrivilege('System.View', (call) => {
      const {args, vcenter, session} = call;
      const id = required(args, 'container');
      const container = vcenter.inventory.get(id);
      if (container === undefined) throw objectNotFound(id);
      // These two hold nothing: a server refuses them.
      if (container.type === 'VirtualMachine' || container.type === 'Datastore')
        throw invalidArgument('container');
      const view: ContainerView = {
        type: 'ContainerView',
        id: viewId(call),
        container,
        types: args.all('type').map(({text}) => text),
        recursive: required(args, 'recursive') === 'true',
      };
      session.views.set(view.id, view);
      return {result: reference(view)};
    }),
  ],
  [
    'ViewManager.CreateListView',
    withPrivilege('System.View', (call) => {
      const objects = new Map<string, ManagedObject>();
      for (const {text} of call.args.all('obj')) {
        const object = resolve(call.vcenter, call.session, text);
        if (object === undefined) throw objectNotFound(text);
        objects.set(text, object);
      }
      const view: ListView = {type: 'ListView', id: viewId(call), objects};
      call.session.views.set(view.id, view);
      return {result: reference(view)};
    }),
  ],
  ['ListView.ModifyListView', withPrivilege('System.View', (call) => modify(call, call.args.all('remove')))],
  [
    'ListView.ResetListView',
    withPrivilege('System.View', (call) => {
      listOf(call).objects.clear();
      return modify(call, []);
    }),
  ],
  [
    'View.DestroyView',
    withPrivilege('System.View', ({session, object, vcenter}) => {
      session.views.delete(object.id);
      vcenter.inventory.changes.restructured();
      return {};
    }),
  ],
]);

function modify(call: SessionCall, removed: readonly XmlElement[]) {
  const {objects} = listOf(call);
  for (const {text} of removed) objects.delete(text);
  const unresolved: {type: string; id: string}[] = [];
  const added = [...call.args.all('add'), ...call.args.all('obj')];
  for (const {text: id, attributes} of added) {
    const object = resolve(call.vcenter, call.session, id);
    if (object === undefined) unresolved.push({type: attributes.get('type') ?? 'ManagedObject', id});
    else objects.set(id, object);
  }
  call.vcenter.inventory.changes.restructured();
  return {result: references(unresolved)};
}

function listOf({object}: SessionCall): ListView {
  if (object.type !== 'ListView') throw invalidArgument('_this');
  return object;
}

function viewId({session}: SessionCall): string {
  return `session[${session.key}]52${randomUUID().slice(2)}`;
}
