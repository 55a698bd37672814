import {expect} from 'chai';
import fc from 'fast-check';
import {toJson} from '../../src/report/formats/json.js';
import {summarize} from '../../src/report/report.js';
import {refusedVm, reportVm} from './report-example.js';

describe('json report', () => {
  it('indents by two blanks and ends with a line break', () => {
    expect(toJson({a: {b: 1}})).to.equal('{\n  "a": {\n    "b": 1\n  }\n}\n');
  });

  it('says the same as JSON.stringify, without a character that harms a terminal', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        const json = toJson({text});
        expect(json).to.not.match(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
        expect(JSON.parse(json)).to.deep.equal({text: JSON.parse(JSON.stringify(text))});
      }),
    );
  });
});

describe('summarize', () => {
  it('counts statuses and disabled renames', () => {
    const summary = summarize([
      reportVm(),
      refusedVm(),
      reportVm({status: 'not-attempted', rename: 'supported'}),
    ]);
    expect(summary).to.deep.equal({
      total: 3,
      pending: 1,
      changed: 0,
      unchanged: 0,
      refused: 1,
      failed: 0,
      conflict: 0,
      unreachable: 0,
      unknown: 0,
      'not-attempted': 1,
      skipped: 0,
      renameDisabled: 2,
    });
  });
});
