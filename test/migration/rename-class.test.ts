import {expect} from 'chai';
import type {ExtraConfig} from '../../src/extraconfig/extra-config.js';
import {renameSupport} from '../../src/migration/rename-class.js';
import {MARK, VERSION} from './samples.js';

const renameClass = (config: ExtraConfig) => renameSupport(config).class;

describe('the rename class', () => {
  it('follows the data version', () => {
    const classes = ['0', '3', '4', '8', '9', '10', '999'].map((version) =>
      renameClass({[VERSION]: version}),
    );
    expect(classes).to.deep.equal([
      'disabled',
      'disabled',
      'not-persisted-by-vic',
      'not-persisted-by-vic',
      'supported',
      'supported',
      'supported',
    ]);
    expect(renameClass({})).to.equal('disabled');
  });

  it('is disabled where the data version is no number, as VIC takes it for 0', () => {
    for (const version of ['zz', '-1', ' 9'])
      expect(renameClass({[VERSION]: version}), version).to.equal('disabled');
  });

  it('is disabled where the mark is set, whatever the data version', () => {
    expect(renameClass({[VERSION]: '10', [MARK]: 'true'})).to.equal('disabled');
    expect(renameClass({[VERSION]: '10', [MARK]: 'false'})).to.equal('supported');
  });

  it('takes anything for the mark but the words that VIC takes for false', () => {
    const classes = (words: readonly string[]) =>
      new Set(words.map((word) => renameClass({[VERSION]: '10', [MARK]: word})));
    expect(classes(['true', 'True', 'TRUE', 't', 'T', '1', 'yes', ' false', 'null'])).to.deep.equal(
      new Set(['disabled']),
    );
    expect(classes(['false', 'False', 'FALSE', 'f', 'F', '0', '', '<nil>'])).to.deep.equal(
      new Set(['supported']),
    );
  });

  it('says of a data version above its own that VIC may, and this release does not', () => {
    expect(renameSupport({[VERSION]: '11'})).to.deep.equal({
      supported: true,
      class: 'supported',
      reason:
        'its data version is 11, above 10, the highest that this release knows, so vch-migrate itself does not rename it',
    });
  });

  it('supports a rename only where VIC keeps the new name, and says why not', () => {
    expect(renameSupport({[VERSION]: '9'})).to.include({supported: true});
    expect(renameSupport({[VERSION]: '8'}))
      .to.include({supported: false})
      .and.property('reason')
      .match(/loses/);
    expect(renameSupport({[VERSION]: '3'}))
      .to.include({supported: false})
      .and.property('reason')
      .match(/3 is below 4/);
    expect(renameSupport({[MARK]: 'true'}).reason).to.include(MARK);
  });
});
