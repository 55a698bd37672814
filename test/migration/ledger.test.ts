import {expect} from 'chai';
import fc from 'fast-check';
import {maskValue} from '../../src/extraconfig/mask.js';
import {
  digest,
  encodeLedger,
  LEDGER_LIMIT,
  type Ledger,
  ledgerSizeError,
  mustWithhold,
  parseLedger,
} from '../../src/migration/ledger.js';
import {applied, builtin, container, LEDGER, LEGACY_NAME, run} from './samples.js';

const owner = {id: 'a'.repeat(64), instanceUuid: '5012-34'};
const text = fc.string({unit: 'binary'});
const key = text.filter((key) => key !== '__proto__');
const sum = fc.option(fc.stringMatching(/^[0-9a-f]{16}$/));
const entry = fc.record({
  id: text,
  version: fc.nat(),
  revision: fc.nat(),
  run: text,
  time: text,
  dataVersion: fc.nat(),
  before: fc.dictionary(key, fc.option(text), {noNullPrototype: true}),
  after: fc.dictionary(key, sum, {noNullPrototype: true}),
  seen: fc.dictionary(key, sum, {noNullPrototype: true}),
});
const ledger: fc.Arbitrary<Ledger> = fc.record({
  id: fc.constant(owner.id),
  instanceUuid: fc.constant(owner.instanceUuid),
  runs: fc.dictionary(key, fc.record({time: text, user: text, tool: text}), {noNullPrototype: true}),
  applied: fc.uniqueArray(entry, {minLength: 1, maxLength: 3, selector: ({id}) => id}),
});

describe('the ledger', () => {
  it('comes back from its text, which is ASCII and the same every time', () => {
    fc.assert(
      fc.property(ledger, (value) => {
        const encoded = encodeLedger(value);
        expect(encoded).to.match(/^[\x20-\x7e]*$/);
        const state = parseLedger(encoded, owner);
        expect(state).to.deep.equal({status: 'valid', ledger: value});
        expect(state.status === 'valid' && encodeLedger(state.ledger)).to.equal(encoded);
      }),
    );
  });

  it('notices any character that was changed', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const encoded = vm.config[LEDGER] ?? '';
    expect(parseLedger(encoded, vm).status).to.equal('valid');
    for (let at = 0; at < encoded.length; at++) {
      const changed = `${encoded.slice(0, at)}${encoded[at] === 'x' ? 'y' : 'x'}${encoded.slice(at + 1)}`;
      expect(parseLedger(changed, vm).status, `at ${at}`).to.equal('invalid');
    }
  });

  it('is none where there is no value, and invalid where the value is no ledger', () => {
    for (const raw of [undefined, null, '', '<nil>'])
      expect(parseLedger(raw, owner)).to.deep.equal({status: 'none'});
    for (const raw of [
      'x',
      '{',
      '{}',
      '[]',
      'null',
      '1',
      '{"v":1}',
      '{"v":2}',
      '{"v":1,"applied":[],"runs":{}}',
      ' ',
    ]) {
      expect(parseLedger(raw, owner).status, raw).to.equal('invalid');
    }
    const state = parseLedger('{"v":2}', owner);
    expect(state.status === 'invalid' && state.reason).to.contain('another release of the tool wrote it');
  });

  it('belongs to a VM only if both ids are the same', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const status = (id: string, instanceUuid: string) =>
      parseLedger(vm.config[LEDGER], {id, instanceUuid}).status;
    expect(status(vm.id, vm.instanceUuid)).to.equal('valid');
    expect(status('other', vm.instanceUuid)).to.equal('foreign');
    expect(status(vm.id, 'other')).to.equal('foreign');
    expect(parseLedger(vm.config[LEDGER], null).status).to.equal('valid');
  });

  it('tells who applied what, when, in which run, and what was there before', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web', 'common/name': '<nil>'}));
    const state = parseLedger(vm.config[LEDGER], vm);
    if (state.status !== 'valid') throw new Error(state.status);
    expect(state.ledger.runs).to.deep.equal({
      'run-1': {time: run.time, user: run.user, changeId: 'CHG-1', tool: '0.1.0'},
    });
    expect(state.ledger.applied[0]).to.deep.equal({
      id: '0002-container-common-name',
      version: 2,
      revision: 1,
      run: 'run-1',
      time: run.time,
      dataVersion: 0,
      before: {'common/name': '<nil>'},
      after: {'common/name': digest('web')},
      seen: {[LEGACY_NAME]: digest('web')},
    });
  });

  it('has a limit', () => {
    expect(ledgerSizeError('x'.repeat(LEDGER_LIMIT), 'containerVM a')).to.equal(null);
    expect(ledgerSizeError('x'.repeat(LEDGER_LIMIT + 1), 'containerVM a')?.message).to.match(
      /containerVM a.*4097/,
    );
  });

  it('keeps no value that a report hides, and every value that a report shows', () => {
    const keys = ['common/name', 'x@secret', 's/cmd/Env~', 'list~'];
    const word = fc.constantFrom(
      'http://u:p@h/x',
      '//u@h',
      'a@b',
      'A=1',
      'web',
      '<nil>',
      ' ',
      '|',
      '//h',
      '',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.array(word).map((words) => words.join('')),
        (key, raw) => {
          expect(mustWithhold(key, raw)).to.equal(maskValue(key, raw) !== raw);
        },
      ),
    );
  });
});
