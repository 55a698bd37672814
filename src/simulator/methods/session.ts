import {userSession} from '../properties/service.js';
import {serviceContent} from '../properties/service-content.js';
import {VimFault} from '../soap/fault.js';
import {boolean, dateTime} from '../soap/value.js';
import {invalidArgument, type Method, required, withPrivilege} from './method.js';

/** The methods of ServiceInstance and SessionManager. */
export const sessionMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['ServiceInstance.RetrieveServiceContent', ({vcenter}) => ({result: serviceContent(vcenter)})],
  [
    'ServiceInstance.CurrentTime',
    withPrivilege('System.View', ({vcenter}) => ({result: dateTime(vcenter.inventory.clock.now())})),
  ],
  [
    'SessionManager.Login',
    ({vcenter, session, args, userAgent}) => {
      const name = required(args, 'userName');
      const password = required(args, 'password');
      const user = vcenter.users.find(
        (candidate) => candidate.name === name && candidate.password === password,
      );
      if (session !== undefined || user === undefined) {
        throw new VimFault(
          'InvalidLogin',
          'Cannot complete login due to an incorrect user name or password.',
        );
      }
      const opened = vcenter.sessions.open(user, userAgent);
      return {result: userSession(opened), cookie: opened.cookie};
    },
  ],
  [
    'SessionManager.Logout',
    withPrivilege('System.View', ({vcenter, session}) => {
      if (vcenter.settings.breaks.includes('logout')) return {};
      vcenter.sessions.end(session);
      return {cookie: ''};
    }),
  ],
  [
    'SessionManager.SessionIsActive',
    withPrivilege('Sessions.ValidateSession', ({vcenter, args}) => {
      const key = required(args, 'sessionID');
      const name = required(args, 'userName');
      return {
        result: boolean(
          vcenter.sessions.all().some((other) => other.key === key && other.user.name === name),
        ),
      };
    }),
  ],
  [
    'SessionManager.TerminateSession',
    withPrivilege('Sessions.TerminateSession', ({vcenter, session, args}) => {
      for (const {text} of args.all('sessionId')) {
        const other = vcenter.sessions.all().find(({key}) => key === text);
        if (other === undefined || other === session) throw invalidArgument('sessionId');
        vcenter.sessions.end(other);
      }
      return {};
    }),
  ],
]);
