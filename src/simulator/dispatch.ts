import type {FaultAction, FaultRules} from './fault-rules.js';
import type {Call, Outcome} from './methods/method.js';
import {findMethod} from './methods/registry.js';
import {resolve, type VCenter} from './model/vcenter.js';
import {objectNotFound} from './properties/select.js';
import {readRequest, type SoapRequest, writeFault, writeResponse} from './soap/envelope.js';
import {VimFault} from './soap/fault.js';
import {type Field, string, type Value} from './soap/value.js';

/** Who calls, as far as HTTP tells. */
export interface Caller {
  /** The session cookie's value. */
  readonly cookie: string | undefined;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** What goes back over HTTP. */
export type Reply =
  | {
      readonly status: 'answer';
      readonly code: number;
      readonly body: string;
      readonly type?: string;
      readonly cookie?: string;
    }
  | {readonly status: 'drop'}
  | {readonly status: 'hang'};

const DOCTYPE =
  '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">' +
  '<!ENTITY x SYSTEM "file:///etc/hostname">]>\n' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">' +
  '<soapenv:Body><r xmlns="urn:vim25">&b;&x;</r></soapenv:Body></soapenv:Envelope>';
const HTML =
  '<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head><body>maintenance</body></html>';

/** Carries out one SOAP request, scripted faults included; `log` is told what it was. */
export async function dispatch(
  body: string,
  caller: Caller,
  vcenter: VCenter,
  faults: FaultRules,
  log: (method: string, object: string, operationId?: string) => void,
): Promise<Reply> {
  let request: SoapRequest;
  try {
    request = readRequest(body);
  } catch (error) {
    log('(unreadable)', '');
    return failed(error);
  }
  log(request.method, request.object.id, request.operationId);
  const action = faults.apply({method: request.method, object: request.object.id});
  const early = action === undefined ? undefined : replyInstead(action);
  if (early !== undefined) return early;
  try {
    const outcome = await carryOut(request, caller, vcenter, action);
    if (action === 'drop-after') {
      await outcome.settled;
      return {status: 'drop'};
    }
    if (typeof action === 'object' && 'fault' in action && action.as !== 'task') {
      await outcome.settled;
      return failed(scripted(action));
    }
    if (typeof action === 'object' && 'delay' in action) {
      const {clock} = vcenter.inventory;
      await clock.sleep(action.delay, {signal: caller.signal, answering: true});
    }
    const result =
      typeof action === 'object' && 'leaveOut' in action
        ? without(outcome.result, action.leaveOut)
        : outcome.result;
    const answer = writeResponse(request.method, result, outcome.typed);
    return {
      status: 'answer',
      code: 200,
      body: answer,
      ...(outcome.cookie !== undefined && {cookie: outcome.cookie}),
    };
  } catch (error) {
    return action === 'drop-after' ? {status: 'drop'} : failed(error);
  }
}

async function carryOut(
  request: SoapRequest,
  {cookie, userAgent, signal}: Caller,
  vcenter: VCenter,
  action: FaultAction | undefined,
): Promise<Outcome> {
  const session = vcenter.sessions.find(cookie);
  const {method: name, object: target, args} = request;
  const object = resolve(vcenter, session, target.id);
  if (object === undefined) {
    // Without a session its views and filters cannot be told from what never was.
    if (session === undefined)
      throw new VimFault('NotAuthenticated', 'The session is not authenticated.', [
        ['object', {kind: 'reference', ...target}],
        ['privilegeId', string('System.View')],
      ]);
    throw objectNotFound(target.id, target.type);
  }
  const method = findMethod(object.type, name);
  if (method === undefined) {
    throw new VimFault('MethodNotFound', `The method ${name} is not implemented for ${object.type}.`, [
      ['receiver', {kind: 'reference', ...target}],
      ['method', string(name)],
    ]);
  }
  const taskFault =
    typeof action === 'object' && 'fault' in action && action.as === 'task' ? scripted(action) : undefined;
  const ignored = action === 'ignore';
  const carriedOut = typeof action === 'object' && 'fault' in action && action.carriedOut === true;
  const call: Call = {
    vcenter,
    method: name,
    object,
    args,
    session,
    userAgent,
    signal,
    taskFault,
    carriedOut,
    ignored,
  };
  return method(call);
}

/** The reply of an action that takes the place of the call; undefined where the call is carried out. */
export function replyInstead(action: FaultAction): Reply | undefined {
  switch (action) {
    case 'http-500':
      return {status: 'answer', code: 500, body: 'Internal Server Error', type: 'text/plain'};
    case 'http-503':
      return {status: 'answer', code: 503, body: '503 Service Unavailable', type: 'text/plain'};
    case 'html':
      return {status: 'answer', code: 200, body: HTML, type: 'text/html'};
    case 'doctype':
      return {status: 'answer', code: 200, body: DOCTYPE};
    case 'drop-before':
      return {status: 'drop'};
    case 'hang':
      return {status: 'hang'};
    case 'drop-after':
    case 'ignore':
      return undefined;
    default:
      if ('cutAfter' in action) return {status: 'drop'};
      if (!('fault' in action) || action.as === 'task' || action.carriedOut) return undefined;
      return failed(scripted(action));
  }
}

/** What a reading gave, but for one object. */
function without(result: Value | undefined, id: string): Value | undefined {
  if (result?.kind === 'list') return {...result, items: result.items.filter((item) => !isOf(item, id))};
  if (result?.kind !== 'data') return result;
  const fields = result.fields.map(
    (field): Field => (field[0] === 'objects' ? ['objects', without(field[1], id)] : field),
  );
  return {...result, fields};
}

function isOf(content: Value, id: string): boolean {
  if (content.kind !== 'data') return false;
  return content.fields.some(
    ([name, value]) => name === 'obj' && value?.kind === 'reference' && value.id === id,
  );
}

function scripted({fault, message, detail = {}}: Extract<FaultAction, {fault: string}>): VimFault {
  return new VimFault(
    fault,
    message ?? `A scripted ${fault}.`,
    Object.entries(detail).map(([name, text]) => [name, string(text)] as const),
  );
}

function failed(error: unknown): Reply {
  const fault =
    error instanceof VimFault
      ? error
      : new VimFault('SystemError', 'A general system error occurred.', [['reason', string(String(error))]]);
  return {status: 'answer', code: 500, body: writeFault(fault)};
}
