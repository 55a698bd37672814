import type {DatastoreBrowser} from '../model/entity.js';
import type {Session} from '../model/session.js';
import type {Singleton} from '../model/singletons.js';
import type {Task} from '../model/task.js';
import {type ContainerView, type ListView, membersOf} from '../model/view.js';
import {localized} from '../soap/fault.js';
import {
  boolean,
  type Data,
  data,
  dateTime,
  enumeration,
  int,
  list,
  reference,
  references,
  string,
} from '../soap/value.js';
import type {Struct} from './node.js';
import {serviceContent} from './service-content.js';

/** The properties of the ServiceInstance. */
export const serviceInstance: Struct<Singleton> = {
  type: 'ServiceInstance',
  fields: {
    serverClock: (_, {vcenter}) => dateTime(vcenter.inventory.clock.now()),
    content: (_, {vcenter}) => serviceContent(vcenter),
  },
};

/** The properties of the SessionManager. */
export const sessionManager: Struct<Singleton> = {
  type: 'SessionManager',
  fields: {
    sessionList: (_, {vcenter}) => list('UserSession', vcenter.sessions.all().map(userSession)),
    currentSession: (_, {session}) => userSession(session),
    defaultLocale: () => string('en'),
  },
};

/** The properties of the AuthorizationManager. */
export const authorizationManager: Struct<Singleton> = {
  type: 'AuthorizationManager',
  fields: {
    roleList: (_, {vcenter}) =>
      list(
        'AuthorizationRole',
        vcenter.roles.map((role) =>
          data(
            'AuthorizationRole',
            ['roleId', int(role.id)],
            ['system', boolean(role.id < 0)],
            ['name', string(role.name)],
            ['info', data('Description', ['label', string(role.name)], ['summary', string(role.name)])],
            ['privilege', list('xsd:string', [...(role.privileges ?? [])].map(string))],
          ),
        ),
      ),
  },
};

/** The properties of the TaskManager. */
export const taskManager: Struct<Singleton> = {
  type: 'TaskManager',
  fields: {
    recentTask: (_, {vcenter}) => references([...vcenter.tasks.all()].slice(-200)),
    maxCollector: () => int(32),
  },
};

/** The properties of the ViewManager. */
export const viewManager: Struct<Singleton> = {
  type: 'ViewManager',
  fields: {viewList: (_, {session}) => references(session.views.values())},
};

/** The properties of a HostDatastoreBrowser. */
export const datastoreBrowser: Struct<DatastoreBrowser> = {
  type: 'HostDatastoreBrowser',
  fields: {datastore: ({datastore}) => references([{type: 'Datastore', id: datastore}])},
};

/** The properties of a ContainerView. */
export const containerView: Struct<ContainerView> = {
  type: 'ContainerView',
  fields: {
    container: (view) => reference(view.container),
    type: (view) => list('xsd:string', view.types.map(string)),
    recursive: (view) => boolean(view.recursive),
    view: (view) => references(membersOf(view)),
  },
};

/** The properties of a ListView. */
export const listView: Struct<ListView> = {
  type: 'ListView',
  fields: {view: (view) => references(membersOf(view))},
};

/** The properties of a Task. */
export const task: Struct<Task> = {
  type: 'Task',
  fields: {
    info: {
      type: 'TaskInfo',
      typed: ['result', 'reason'],
      fields: {
        key: ({id}) => string(id),
        task: (object) => reference(object),
        name: ({method}) => string(method),
        descriptionId: ({descriptionId}) => string(descriptionId),
        entity: ({entity}) => reference(entity),
        entityName: ({entityName}) => string(entityName),
        state: ({state}) => enumeration('TaskInfoState', state),
        cancelled: () => boolean(false),
        cancelable: () => boolean(false),
        error: ({error}) => (error === undefined || error.type === '' ? undefined : localized(error)),
        result: ({result}) => result,
        progress: ({state}) => (state === 'running' ? int(50) : undefined),
        reason: ({userName}) => data('TaskReasonUser', ['userName', string(userName)]),
        queueTime: ({queueTime}) => dateTime(queueTime),
        startTime: ({startTime}) => (startTime === undefined ? undefined : dateTime(startTime)),
        completeTime: ({completeTime}) => (completeTime === undefined ? undefined : dateTime(completeTime)),
        eventChainId: ({eventChainId}) => int(eventChainId),
      },
    },
  },
};

/** A session as others may see it: without its cookie. */
export function userSession(session: Session): Data {
  return data(
    'UserSession',
    ['key', string(session.key)],
    ['userName', string(session.user.name)],
    ['fullName', string(session.user.name)],
    ['loginTime', dateTime(session.loginTime)],
    ['lastActiveTime', dateTime(session.lastActiveTime)],
    ['locale', string('en')],
    ['messageLocale', string('en')],
    ['extensionSession', boolean(false)],
    ['ipAddress', string('127.0.0.1')],
    ['userAgent', string(session.userAgent)],
    ['callCount', int(session.callCount)],
  );
}
