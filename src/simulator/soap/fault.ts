import {type Data, data, type Field} from './value.js';

/** A vim25 method fault on its way to the client; `type` and `fields` are the schema's. */
export class VimFault extends Error {
  override readonly name = 'VimFault';
  readonly type: string;
  readonly fields: readonly Field[];

  constructor(type: string, message: string, fields: readonly Field[] = []) {
    super(message);
    this.type = type;
    this.fields = fields;
  }

  /** The fault as a data object, for a SOAP detail or a LocalizedMethodFault. */
  toData(): Data {
    return data(this.type, ...this.fields);
  }
}

/** A fault as it stands in `TaskInfo.error` and in a `missingSet`. */
export function localized(fault: VimFault): Data {
  return data(
    'LocalizedMethodFault',
    ['fault', fault.toData(), 'typed'],
    ['localizedMessage', {kind: 'scalar', type: 'xsd:string', text: fault.message}],
  );
}
