import {expect} from 'chai';
import {FORMATS} from '../../src/report/formats.js';
import {HARMFUL, HOSTILE} from './hostile.js';
import {hostileReport} from './hostile-report.js';

const layout = {columns: 120, colour: false};

describe('hostile strings from vSphere', () => {
  for (const format of FORMATS) {
    it(`let no control character through in a ${format.name} report`, () => {
      for (const command of ['plan', 'status'] as const) {
        const text = format.report(hostileReport({command}), layout);
        expect(text).to.include('HYPERLINK');
        expect(HARMFUL.exec(text)).to.equal(null);
      }
    });

    it(`let none through in a ${format.name} report of a failure`, () => {
      for (const message of HOSTILE) {
        const failure = {
          schema: 'vch-migrate/error/v1' as const,
          error: {code: 'VCH_ERR_VIM_FAULT', message: `told: ${message}`},
          command: 'plan',
          tool: {name: 'vch-migrate' as const, version: '0.1.0'},
        };
        const text = format.failure(failure, '2026-01-02T03:04:05.000Z');
        expect(text).to.include('VCH_ERR_VIM_FAULT').and.include('told');
        expect(HARMFUL.exec(text)).to.equal(null);
      }
    });
  }
});
