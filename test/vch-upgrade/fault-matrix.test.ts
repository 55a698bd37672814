import {expect} from 'chai';
import {sampleOf} from '../depth.js';
import {type Call, callsOfAnUpgrade, KINDS, type Trial, trial} from './fault-trial.js';

/** Trials side by side: most of a trial is waiting. */
const SIDE_BY_SIDE = 6;
/** What an upgrade repeats while it waits; how often depends on how long the machine takes. */
const POLLING = /^(RetrievePropertiesEx|CurrentTime)$/;

interface Tried extends Trial, Call {
  readonly kind: string;
}

describe('an upgrade of which any one SOAP call goes wrong', function () {
  this.timeout(1_800_000);

  it('ends as before, or upgraded, or resumable to upgraded, and says truly which', async () => {
    const calls = await callsOfAnUpgrade();
    const all = Object.keys(KINDS).flatMap((kind) =>
      calls
        .filter(({method}) => kind !== 'refusal' || method.endsWith('_Task'))
        .map((call) => ({kind, ...call})),
    );
    const cases = sampleOf('upgrades of which one call goes wrong', all, {sample: 60, ci: 300});
    const tried = await tryAll(cases);

    expect(tried).to.have.length(cases.length);
    expect(tried.filter(({lies}) => lies.length > 0)).to.deep.equal([]);
    expect(tried.filter(({met, method}) => !met && !POLLING.test(method))).to.deep.equal([]);
    const said = new Set(tried.map((line) => line.said.split(' ')[0]));
    expect(said).to.include('upgraded');
    // What is said to be so often enough must be seen at least once, or the judge sees nothing.
    if (cases.length === all.length) expect([...said]).to.include.members(['as-before', 'rejected']);
  });
});

async function tryAll(cases: readonly (Call & {readonly kind: string})[]): Promise<readonly Tried[]> {
  const left = [...cases];
  const tried: Tried[] = [];
  const takeUp = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const action = KINDS[next.kind];
      if (action !== undefined) tried.push({...next, ...(await trial(next, action))});
    }
  };
  await Promise.all(Array.from({length: SIDE_BY_SIDE}, takeUp));
  return tried;
}
