import {expect} from 'chai';
import fc from 'fast-check';
import {VchError} from '../../src/errors.js';
import {PHASES} from '../../src/vch-upgrade/phase.js';
import {encodeRecord, parseRecord, type UpgradeRecord} from '../../src/vch-upgrade/record.js';

const text = fc.string({unit: 'binary'}).map((value) => value.toWellFormed());
const maybe = fc.option(text, {nil: null});
const iso = fc.option(fc.record({path: text, size: fc.nat(), uploaded: fc.boolean()}), {nil: null});

const records: fc.Arbitrary<UpgradeRecord> = fc.record({
  schema: fc.constant(1 as const),
  run: text,
  changeId: maybe,
  user: text,
  tool: text,
  startedAt: fc.constant('2026-01-02T03:04:05.000Z'),
  phase: fc.constantFrom(...PHASES),
  touched: fc.boolean(),
  snapshot: maybe,
  powerState: fc.constantFrom('poweredOn' as const, 'poweredOff' as const),
  updateInProgress: maybe,
  from: fc.record({dataVersion: fc.nat(), build: maybe, version: maybe}),
  to: fc.option(fc.record({version: text, build: text, commit: maybe, date: maybe}), {nil: null}),
  plugins: fc.array(text),
  keys: fc.array(text),
  cdrom: fc.option(fc.record({key: fc.nat(), before: maybe}), {nil: null}),
  isos: fc.record({appliance: iso, bootstrap: iso}),
  previousSnapshot: maybe,
  ledgerBefore: fc.boolean(),
  previous: maybe,
  newerBefore: fc.array(text),
});

describe('vch-upgrade/record', () => {
  it('comes back as it was written, in plain ASCII', () => {
    fc.assert(
      fc.property(records, (record) => {
        const raw = encodeRecord(record);
        expect(raw).to.match(/^[ -~]*$/);
        expect(parseRecord(raw, 'vch1')).to.deep.equal(record);
      }),
    );
  });

  it('is never taken for none where it cannot be read', () => {
    for (const raw of ['{', '[]', '{}', '"text"', '{"schema":2}']) {
      expect(() => parseRecord(raw, 'vch1 (vm-12)'), raw)
        .to.throw(VchError, /vch1 \(vm-12\).*govc vm\.info/)
        .with.property('code', 'VCH_ERR_LEDGER_INVALID');
    }
  });

  it('is none where the key is absent or empty', () => {
    for (const raw of [undefined, '', '<nil>']) expect(parseRecord(raw, 'vch1')).to.equal(null);
  });
});
