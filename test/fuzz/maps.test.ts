import {expect} from 'chai';
import fc from 'fast-check';
import {applyChanges} from '../../src/extraconfig/extra-config.js';
import {maskValue} from '../../src/extraconfig/mask.js';
import {canonicalJson, type Json} from '../../src/migration/canonical-json.js';
import {writtenKeys} from '../../src/migration/decision.js';
import {history} from '../../src/migration/history.js';
import {digest} from '../../src/migration/ledger.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {planVm, type VmInput} from '../../src/migration/plan.js';
import {planUndo} from '../../src/migration/undo.js';
import {verifyGoal} from '../../src/migration/verify-goal.js';
import {appliance, builtin, container, goldenCases, LEDGER, run, vicEncoded} from '../migration/samples.js';
import {fuzz} from './fuzz.js';
import {mutatedJson, oddText} from './mutants.js';

const MILLION = {exhaustive: 1_000_000};

const samples = [...goldenCases(), ...vicEncoded()].map(({target, config}) =>
  target === 'container' ? container(config) : appliance(config),
);
const migrated = (await Promise.all(samples.map(applied))).filter(({config}) => LEDGER in config);

async function applied(input: VmInput): Promise<VmInput> {
  const plan = await planVm(builtin, input, run);
  if (plan.status !== 'pending') return input;
  return {...input, config: applyChanges(input.config, writtenKeys(plan))};
}

/** VMs of the samples with values and keys that nobody would write. */
const edited = fc
  .constantFrom(...samples, ...migrated)
  .chain((input) =>
    fc
      .array(
        fc.tuple(
          fc.oneof({weight: 5, arbitrary: fc.constantFrom(...Object.keys(input.config))}, oddText),
          oddText,
        ),
        {maxLength: 5},
      )
      .map((more) => ({...input, config: Object.fromEntries([...Object.entries(input.config), ...more])})),
  );

/** Migrated VMs whose ledger says something else, under a digest that fits. */
const retold = fc.constantFrom(...migrated).chain((input) =>
  mutatedJson([JSON.parse(input.config[LEDGER] ?? '')]).map((text) => ({
    ...input,
    config: {...input.config, [LEDGER]: sealed(text)},
  })),
);

/** A ledger under the digest that fits it; one that is too deep to have one stays as it is. */
function sealed(text: string): string {
  if (text.length > 50_000) return text;
  const {sum: _sum, ...body}: Record<string, Json> = Object(JSON.parse(text));
  return canonicalJson({...body, sum: digest(canonicalJson(body))});
}

async function thereAndBack(input: VmInput): Promise<unknown> {
  const after = await applied(input);
  for (const [key, value] of Object.entries(after.config)) maskValue(key, value);
  history(after);
  await verifyGoal(builtin, after);
  const undo = await planUndo(builtin, after);
  if (after === input || LEDGER in input.config || undo.status !== 'pending') return undo;
  expect(applyChanges(after.config, writtenKeys(undo))).to.deep.equal(input.config);
  return undo;
}

describe('fuzz: ExtraConfig maps', () => {
  it('begins with maps of both kinds, migrated ones among them', () => {
    expect(samples).to.have.length.above(100);
    expect(new Set(migrated.map(({target}) => target))).to.deep.equal(new Set(['container', 'appliance']));
  });

  fuzz('migrateConfig', edited, ({target, config}) => migrateConfigWith(builtin, target, config), MILLION);
  fuzz('plan, apply, verify and undo of a map', edited, thereAndBack, MILLION);
  fuzz('plan, apply, verify and undo with another ledger', retold, thereAndBack);
});
