import {type ErrorCode, VchError} from '../errors.js';
import {classOfFault} from './retry.js';
import {child, childText, type XmlElement} from './xml.js';

/** A vSphere fault, out of a SOAP fault or of a task's `info.error`. */
export interface VimFault {
  /** Its type's name as vim25 spells it: `NoPermission`. */
  readonly type: string;
  /** vSphere's own sentence; may be empty. */
  readonly message: string;
  /** `privilegeId` of a NoPermission; `null` elsewhere. */
  readonly privilegeId: string | null;
  /** The object that a NoPermission, ManagedObjectNotFound or DuplicateName names: `vm-13`; `null` elsewhere. */
  readonly object: string | null;
}

/** Reads the fault out of a SOAP body's `Fault` element. */
export function soapFault(fault: XmlElement): VimFault {
  const detail = child(fault, 'detail')?.children[0];
  const message = childText(fault, 'faultstring')?.trim() ?? '';
  return fromDetail(detail, message);
}

/** Reads the fault out of a `LocalizedMethodFault`: `info.error` of a task, or the `fault` of a `missingSet` entry. */
export function localizedFault(localized: XmlElement): VimFault {
  return fromDetail(child(localized, 'fault'), childText(localized, 'localizedMessage')?.trim() ?? '');
}

function fromDetail(detail: XmlElement | undefined, message: string): VimFault {
  // Where there is no xsi:type, the element's own name tells: ConcurrentAccessFault.
  const type = detail?.type ?? detail?.name.replace(/Fault$/, '') ?? 'MethodFault';
  return {
    type,
    message,
    privilegeId: childText(detail, 'privilegeId') ?? null,
    object: childText(detail, 'object') ?? childText(detail, 'obj') ?? null,
  };
}

/** The faults that have a code of their own. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ConcurrentAccess: 'VCH_ERR_CONFLICT',
  HostCommunication: 'VCH_ERR_HOST_UNREACHABLE',
  HostNotConnected: 'VCH_ERR_HOST_UNREACHABLE',
  HostNotReachable: 'VCH_ERR_HOST_UNREACHABLE',
  InvalidLogin: 'VCH_ERR_AUTH',
  InvalidPowerState: 'VCH_ERR_NEEDS_POWER_OFF',
  NoPermission: 'VCH_ERR_PRIVILEGE',
  NotAuthenticated: 'VCH_ERR_AUTH',
};

/** The fault as an error of ours; `what` names the call and its object: `ReconfigVM_Task on vm-13`. */
export function faultError(fault: VimFault, what: string): VchError {
  const code = (Object.hasOwn(CODES, fault.type) && CODES[fault.type]) || 'VCH_ERR_VIM_FAULT';
  const failure = classOfFault(fault.type);
  return new VchError(code, `${what}: ${describe(fault)}`, {fault: fault.type, failure});
}

function describe(fault: VimFault): string {
  const said = fault.message === '' ? fault.type : `${fault.type}: ${fault.message}`;
  switch (fault.type) {
    case 'NoPermission':
      return (
        `${said}: the privilege ${fault.privilegeId ?? 'that it needs'} is missing on ${fault.object ?? 'it'}; ` +
        'have it granted (vch-migrate check prints the role) and run the same command again'
      );
    case 'DuplicateName':
      return (
        `${said}: ${fault.object ?? 'another VM'} in the same folder has this display name, which must be unique there; ` +
        `rename that VM (govc vm.change -vm VirtualMachine:${fault.object ?? 'ID'} -name NAME) or choose another name, and run the same command again`
      );
    case 'InvalidLogin':
      return 'the server refuses this user name or password; check --user and --password-file';
    case 'NotAuthenticated':
      return 'the session has ended on the server; run the same command again';
    case 'InvalidPowerState':
      return `${said}: this host accepts the change only while the VM is powered off; stop the container at a quiet time and run the same command again`;
    default:
      return `${said}; vCenter's list of tasks has the details, and the same command may be run again`;
  }
}

const NOT_OFFERED = new Set(['NotSupported', 'NotImplemented', 'MethodNotFound', 'InvalidRequest']);

/** Whether the server says that it does not offer a call at all: a standalone ESXi and vcsim lack some of vCenter's. */
export function isNotOffered(error: unknown): boolean {
  return error instanceof VchError && error.fault !== undefined && NOT_OFFERED.has(error.fault);
}
