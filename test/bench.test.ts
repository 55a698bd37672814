import {expect} from 'chai';
import {median, type Results} from '../bench/figures.js';
import {resultFiles} from '../bench/results-page.js';
import {isMet, targetsOf} from '../bench/targets.js';

const MACHINE = {cores: 2, memoryGiB: 8, node: 'v20.19.0'};

/** A part with one row for each name, each with runs of that many seconds. */
function part(rows: Readonly<Record<string, readonly number[]>>): Results[string] {
  return {
    rows: Object.entries(rows).map(([name, walls]) => ({
      name,
      title: name,
      vms: 2_000,
      runs: walls.map((wall) => ({wall})),
    })),
  };
}

describe('the benchmark', () => {
  it('takes medians', () => {
    expect([median([]), median([3]), median([9, 1, 2]), median([4, 1, 2, 9])]).to.deep.equal([
      undefined,
      3,
      2,
      3,
    ]);
  });

  it('calls a target missed, met, or not measured', () => {
    const judged = (results: Results) => {
      const target = targetsOf(results).find(({what}) => what.includes('no time'));
      return target === undefined ? 'no such target' : [target.measured, isMet(target)];
    };
    const leastWork = [2, 2, 50];
    expect(judged({apply: part({'least-work': leastWork, 'vch-migrate': [5, 4, 1]})})).to.deep.equal([
      2,
      true,
    ]);
    expect(judged({apply: part({'least-work': leastWork, 'vch-migrate': [6, 6, 1]})})).to.deep.equal([
      3,
      false,
    ]);
    expect(judged({apply: part({'vch-migrate': [6]})})).to.deep.equal([undefined, undefined]);
  });

  it('writes a page, its plots, and what the next run starts from', () => {
    const parts = {apply: part({'least-work': [2], 'vch-migrate': [5, 4, 6]})};
    const files = resultFiles({machine: MACHINE, parts});
    expect(Object.keys(files)).to.deep.equal(['results.json', 'RESULTS.md', 'plots/apply-wall.svg']);
    expect(files['RESULTS.md']).to.include('| vch-migrate | 5.00 s (4.00 s–6.00 s) | 2.5 |');
    expect(files['RESULTS.md']).to.include('(plots/apply-wall.svg)');
    expect(files['plots/apply-wall.svg']).to.match(/^<svg .*vch-migrate.*5\.00 s/s);
    expect(JSON.parse(files['results.json'] ?? '')).to.deep.equal({machine: MACHINE, parts});
  });
});
