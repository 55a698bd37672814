import {expect} from 'chai';
import {faultError} from '../../src/vim25/faults.js';

describe('vim25/faults', () => {
  it('takes a type that no table has for a plain fault, whatever it is called', () => {
    for (const type of ['constructor', '__proto__', 'toString', 'NoSuchFault']) {
      const error = faultError({type, message: '', privilegeId: null, object: null}, 'a call');
      expect(error).to.include({code: 'VCH_ERR_VIM_FAULT', failure: 'doubtful', fault: type});
    }
  });
});
