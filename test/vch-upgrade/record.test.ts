import {expect} from 'chai';
import fc from 'fast-check';
import {VchError} from '../../src/errors.js';
import {canonicalJson} from '../../src/migration/canonical-json.js';
import type {UpgradeRecord} from '../../src/vch-upgrade/record.js';
import {recordOn, STEP_NAMES} from '../../src/vch-upgrade/steps.js';

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
  phase: fc.constantFrom(...STEP_NAMES),
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

const RECORD = 'vch-migrate/upgrade';
const EXAMPLE: UpgradeRecord = {
  schema: 1,
  run: 'run-1',
  changeId: 'CHG-4711',
  user: 'Administrator@vsphere.local',
  tool: 'vch-migrate 1.0.0',
  startedAt: '2026-01-02T03:04:05.000Z',
  phase: 'power-off',
  touched: true,
  snapshot: 'snapshot-7',
  powerState: 'poweredOn',
  updateInProgress: null,
  from: {dataVersion: 0, build: '8000', version: 'v0.9.0'},
  to: {version: 'v1.5.6', build: '20000', commit: '0a1b2c3', date: null},
  plugins: ['0002-container-common-name revision 1'],
  keys: ['guestinfo.vice./init/version/BuildNumber'],
  cdrom: {key: 3000, before: '[datastore1] vch1/\u00e4.iso'},
  isos: {appliance: {path: '[datastore1] vch1/new.iso', size: 17, uploaded: true}, bootstrap: null},
  previousSnapshot: null,
  ledgerBefore: false,
  previous: null,
  newerBefore: ['vm-13'],
};
// Written by the release before the step table.
const BYTES =
  '{"cdrom":{"before":"[datastore1] vch1/\\u00e4.iso","key":3000},"changeId":"CHG-4711","from":{"bu' +
  'ild":"8000","dataVersion":0,"version":"v0.9.0"},"isos":{"appliance":{"path":"[datastore1] vch1/' +
  'new.iso","size":17,"uploaded":true},"bootstrap":null},"keys":["guestinfo.vice./init/version/Bui' +
  'ldNumber"],"ledgerBefore":false,"newerBefore":["vm-13"],"phase":"power-off","plugins":["0002-co' +
  'ntainer-common-name revision 1"],"powerState":"poweredOn","previous":null,"previousSnapshot":nu' +
  'll,"run":"run-1","schema":1,"snapshot":"snapshot-7","startedAt":"2026-01-02T03:04:05.000Z","to"' +
  ':{"build":"20000","commit":"0a1b2c3","date":null,"version":"v1.5.6"},"tool":"vch-migrate 1.0.0"' +
  ',"touched":true,"updateInProgress":null,"user":"Administrator@vsphere.local"}';

describe('vch-upgrade/record', () => {
  // What other releases have written, and what they will read.
  it('is written byte for byte as releases before wrote it', () => {
    expect(canonicalJson(EXAMPLE)).to.equal(BYTES);
    expect(recordOn({[RECORD]: BYTES}, 'vch1')).to.deep.equal(EXAMPLE);
  });

  it('is refused when it names a step that this release does not know', () => {
    const raw = BYTES.replace('"phase":"power-off"', '"phase":"defragment"');
    expect(() => recordOn({[RECORD]: raw}, 'vch1 (vm-12)'))
      .to.throw(VchError, /phase is not one of locked, upload, containers, .*A later release/)
      .with.property('code', 'VCH_ERR_LEDGER_INVALID');
  });

  it('comes back as it was written, in plain ASCII', () => {
    fc.assert(
      fc.property(records, (record) => {
        const raw = canonicalJson(record);
        expect(raw).to.match(/^[ -~]*$/);
        expect(recordOn({[RECORD]: raw}, 'vch1')).to.deep.equal(record);
      }),
    );
  });

  it('is never taken for none where it cannot be read', () => {
    for (const raw of ['{', '[]', '{}', '"text"', '{"schema":2}']) {
      expect(() => recordOn({[RECORD]: raw}, 'vch1 (vm-12)'), raw)
        .to.throw(VchError, /vch1 \(vm-12\).*govc vm\.info/)
        .with.property('code', 'VCH_ERR_LEDGER_INVALID');
    }
  });

  it('is none where the key is absent or empty', () => {
    for (const config of [{}, {[RECORD]: ''}, {[RECORD]: '<nil>'}])
      expect(recordOn(config, 'vch1')).to.equal(null);
  });
});
