import {expect} from 'chai';
import type {FleetDatabase} from '../../src/fleet/database.js';
import {findRun} from '../../src/fleet/view.js';
import {rejection} from '../rejection.js';

const RUNS = [
  ['upgrade-2', 'waiting'],
  ['upgrade-1', 'done'],
  ['verify-1', 'waiting'],
] as const;

/** A database with these runs, the latest first. */
function databaseWith(runs: readonly (readonly [id: string, state: string])[]): FleetDatabase {
  const rest = {reason: null, tool: '1.0.0', created_at: '2026-11-26T22:00:00Z', created_by: 'ops@here'};
  const rows = runs.map(([id, state]) => ({
    row: {id, state, command: 'upgrade', vchs: 1, settled: 0, ...rest},
  }));
  return {
    name: 'a database',
    query: async (_sql, [word] = []) =>
      typeof word === 'string'
        ? rows.filter(({row: {id}}) => id.startsWith(word)).toSorted((a) => (a.row.id === word ? -1 : 1))
        : rows,
    script: async () => undefined,
    transaction: (work) => work(databaseWith(runs)),
    close: async () => undefined,
  };
}

describe('fleet/view', () => {
  const find = (...args: [word?: string, states?: Parameters<typeof findRun>[2]]) =>
    findRun(databaseWith(RUNS), ...args);

  it('finds a run by its id or the beginning of it, the only one in a state, or the latest', async () => {
    expect(await find('verify')).to.equal('verify-1');
    expect(await find('upgrade-1')).to.equal('upgrade-1');
    expect(await find(undefined, ['done'])).to.equal('upgrade-1');
    expect(await find()).to.equal('upgrade-2');
  });

  it('names the runs among which a person must choose', async () => {
    expect((await rejection(find('upgrade'))).message).to.contain(
      '2 fleet runs begin with upgrade: upgrade-2, upgrade-1',
    );
    expect((await rejection(find(undefined, ['waiting']))).message).to.contain(
      '2 fleet runs are waiting: name one of upgrade-2, verify-1',
    );
  });

  it('says what there is instead where none fits', async () => {
    expect((await rejection(find('apply'))).message).to.contain('there is no fleet run apply');
    expect((await rejection(find(undefined, ['held', 'paused']))).message).to.contain(
      'no fleet run is held or paused',
    );
    expect((await rejection(findRun(databaseWith([]), undefined))).message).to.contain(
      'there is no fleet run yet; vch-migrate fleet plan makes one',
    );
  });
});
