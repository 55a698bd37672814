import {expect} from 'chai';
import {exitCodeOfError} from '../../src/cli/exit.js';
import {type ErrorCode, VchError} from '../../src/errors.js';

describe('exit code of an error', () => {
  const errors: readonly (readonly [ErrorCode, 'SIGINT' | 'SIGTERM' | null, number])[] = [
    ['VCH_ERR_USAGE', null, 5],
    ['VCH_ERR_PLUGIN_INVALID', null, 5],
    ['VCH_ERR_LOCKED', null, 4],
    ['VCH_ERR_AUTH', null, 1],
    ['VCH_ERR_TLS', null, 1],
    ['VCH_ERR_VCH_NOT_FOUND', null, 1],
    ['VCH_ERR_CONTAINER_NOT_FOUND', null, 1],
    ['VCH_ERR_NAME_INVALID', null, 1],
    ['VCH_ERR_RENAME_DISABLED', null, 1],
    ['VCH_ERR_INTERNAL', null, 1],
    ['VCH_ERR_INTERRUPTED', null, 130],
    ['VCH_ERR_INTERRUPTED', 'SIGTERM', 143],
    ['VCH_ERR_TRANSPORT', 'SIGINT', 130],
  ];
  for (const [code, stoppedBy, expected] of errors) {
    it(`is ${expected} for ${code}${stoppedBy === null ? '' : ` after ${stoppedBy}`}`, () => {
      expect(exitCodeOfError(new VchError(code, 'x'), stoppedBy)).to.equal(expected);
    });
  }
});
