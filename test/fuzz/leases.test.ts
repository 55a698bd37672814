import fc from 'fast-check';
import {describeHolder, findLease, readHolder} from '../../src/appliance/lease.js';
import {UPGRADE_LOCK} from '../../src/appliance/upgrade-lock.js';
import {LOCK_KEY, RENAME_CLAIM_KEY, UPGRADE_RECORD_KEY} from '../../src/extraconfig/keys.js';
import {parseLedger} from '../../src/migration/ledger.js';
import {RENAME_CLAIM, unfinishedIn} from '../../src/rename/rename-claim.js';
import {parseRecord} from '../../src/vch-upgrade/record.js';
import {ROLLBACK_STEPS, STEPS} from '../../src/vch-upgrade/steps.js';
import {fuzz} from './fuzz.js';
import {mutatedJsonText} from './mutants.js';

const TIME = '2026-01-02T03:04:05Z';
const RENAME = {container: 'a'.repeat(64), from: 'web', to: 'shop'};

const lock = {
  id: '11111111-2222-4333-8444-555555555555',
  owner: 'ann@admin',
  user: 'administrator@vsphere.local',
  host: 'admin',
  boot: 'b00t',
  pidNamespace: 'pid:[4026531836]',
  pid: 4711,
  started: '1234',
  tool: '0.1.0',
  run: 'run-1',
  phase: 'containers',
  lease: 120,
  counter: 3,
  since: TIME,
  changeId: null,
  stopped: false,
};
const claim = {...lock, time: TIME, lease: 30, rename: RENAME, unfinished: [RENAME]};
const iso = {path: '[datastore1] vch1/v1.5.6.iso', size: 42, uploaded: true};
const record = {
  schema: 1,
  run: 'run-1',
  changeId: 'CHG-1',
  user: 'ann',
  tool: '0.1.0',
  startedAt: TIME,
  phase: 'containers',
  touched: true,
  snapshot: 'snapshot-7',
  powerState: 'poweredOn',
  updateInProgress: null,
  from: {dataVersion: 0, build: '8000', version: null},
  to: {version: 'v1.5.6', build: '20000', commit: null, date: null},
  plugins: ['0001-appliance-common-name revision 1'],
  keys: ['init/common/name'],
  cdrom: {key: 3000, before: iso.path},
  isos: {appliance: iso, bootstrap: null},
  previousSnapshot: null,
  ledgerBefore: false,
  previous: null,
  newerBefore: ['vm-101'],
};
const entry = {id: '0002-x', version: 2, revision: 1, run: 'run-1', time: TIME, dataVersion: 0};
const ledger = {
  v: 1,
  id: 'a'.repeat(64),
  instanceUuid: '5012-34',
  runs: {'run-1': {time: TIME, user: 'ann', tool: '0.1.0'}},
  applied: [{...entry, before: {'common/name': null}, after: {'common/name': 'ab'}, seen: {}}],
  sum: '0123456789abcdef',
};

const steps = [...STEPS, ...ROLLBACK_STEPS].map(({name}) => name);

describe('fuzz: what stands on an appliance', () => {
  fuzz('the upgrade lock', mutatedJsonText([lock]), (raw) => {
    const config = {[LOCK_KEY]: raw};
    findLease(UPGRADE_LOCK, config);
    const holder = readHolder(UPGRADE_LOCK, config);
    if (holder.state !== 'none') describeHolder(UPGRADE_LOCK, holder, 'vch1 (vm-12)');
  });

  fuzz('the rename claim', mutatedJsonText([claim, {unfinished: [RENAME]}]), (raw) => {
    const config = {[RENAME_CLAIM_KEY]: raw};
    unfinishedIn(config);
    const holder = readHolder(RENAME_CLAIM, config);
    if (holder.state !== 'none') describeHolder(RENAME_CLAIM, holder, 'vch1 (vm-12)');
  });

  fuzz('the rollback record', mutatedJsonText([record]), (raw) =>
    parseRecord(raw, {label: UPGRADE_RECORD_KEY, vm: 'VirtualMachine:vm-12'}, steps),
  );

  fuzz('the ledger', fc.oneof(mutatedJsonText([ledger])), (raw) => parseLedger(raw, null));
});
