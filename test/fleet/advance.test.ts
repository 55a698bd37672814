import {expect} from 'chai';
import fc from 'fast-check';
import {advance, type Course, isSettled, type Standing, usedOf} from '../../src/fleet/advance.js';
import {TARGET_STATES} from '../../src/report/fleet/report.js';

const STANDING = fc.record({
  count: fc.integer({min: 1, max: 5}),
  vcenter: fc.constantFrom('a', 'b'),
  wave: fc.integer({min: 0, max: 2}),
  state: fc.constantFrom(...TARGET_STATES),
  verified: fc.constantFrom(null, 0, 1, 3),
  offline: fc.boolean(),
  forgiven: fc.boolean(),
});
const COURSE = fc.record({
  command: fc.constantFrom('upgrade', 'apply'),
  state: fc.constantFrom('running' as const, 'waiting' as const),
  wave: fc.integer({min: -1, max: 2}),
  gates: fc.array(fc.constantFrom('approve' as const, 'auto' as const), {minLength: 3, maxLength: 3}),
  budget: fc.record({
    failed: fc.integer({min: 1, max: 6}),
    unreachable: fc.option(fc.integer({min: 1, max: 6})),
    perVcenter: fc.option(fc.integer({min: 1, max: 6})),
  }),
  approved: fc.uniqueArray(fc.integer({min: 0, max: 2})),
  incomplete: fc.boolean(),
});

const COURSE_OF_ONE: Course = {
  ...{command: 'upgrade', state: 'running', wave: 0, gates: ['auto', 'approve', 'approve'], approved: []},
  budget: {failed: 2, unreachable: null, perVcenter: null},
  incomplete: false,
};
const one = (parts: Partial<Standing>): Standing => ({
  ...{count: 1, vcenter: 'a', wave: 0, state: 'done', verified: 0, offline: false, forgiven: false},
  ...parts,
});

describe('fleet/advance', () => {
  it('never opens a wave over budget, nor past one that goes on, nor past a closed gate', () => {
    fc.assert(
      fc.property(COURSE, fc.array(STANDING, {maxLength: 12}), (course, standings) => {
        const next = advance(course, standings);
        expect(next.wave).to.be.at.least(course.wave);
        const {failed, unreachable} = usedOf(standings);
        const over =
          failed >= course.budget.failed ||
          unreachable >= (course.budget.unreachable ?? Number.POSITIVE_INFINITY);
        if (over) expect([next.state, next.wave]).to.deep.equal(['held', course.wave]);
        const held = next.held.map(({vcenter}) => vcenter);
        for (let opened = course.wave + 1; opened <= next.wave; opened += 1) {
          const before = standings.filter(({wave}) => wave < opened);
          expect(
            before.every(
              ({state, vcenter}) => isSettled(state) || (state !== 'running' && held.includes(vcenter)),
            ),
          ).to.equal(true);
          const isPassed = !course.incomplete && !standings.some(({wave}) => wave === opened - 1);
          if (opened > 0 && !isPassed && course.gates[opened - 1] === 'approve')
            expect(course.approved).to.include(opened - 1);
        }
      }),
    );
  });

  it('is at rest where it has come to: advancing again changes nothing', () => {
    fc.assert(
      fc.property(COURSE, fc.array(STANDING, {maxLength: 12}), (course, standings) => {
        const next = advance(course, standings);
        if (next.state !== 'running' && next.state !== 'waiting') return;
        expect(advance({...course, state: next.state, wave: next.wave}, standings)).to.deep.equal(next);
      }),
    );
  });

  it('holds at the count that the budget names, and not before', () => {
    const failed = (count: number) =>
      advance(COURSE_OF_ONE, [one({state: 'failed', count}), one({state: 'running'})]).state;
    expect([failed(1), failed(2)]).to.deep.equal(['running', 'held']);
    expect(
      advance(COURSE_OF_ONE, [one({state: 'failed', count: 9, forgiven: true}), one({state: 'queued'})])
        .state,
    ).to.equal('running');
  });

  it('opens by itself only what is verified', () => {
    const nextAfter = (verified: number | null) =>
      advance(COURSE_OF_ONE, [one({verified}), one({wave: 1, state: 'pending'})]);
    expect(nextAfter(0)).to.deep.include({state: 'running', wave: 1});
    // Some of its containerVMs could not be looked at.
    expect(nextAfter(3)).to.deep.include({state: 'waiting', wave: 0});
    expect(nextAfter(1)).to.deep.include({state: 'waiting', wave: 0});
    expect(nextAfter(null)).to.deep.include({state: 'waiting', wave: 0});
  });

  it('holds the other VCHs of a vCenter that does not answer, and ends held while they are left', () => {
    const away = one({vcenter: 'b', state: 'unreachable', offline: true});
    const {state, held} = advance(COURSE_OF_ONE, [away, one({vcenter: 'b', state: 'queued'}), one({})]);
    expect(held.map(({vcenter}) => vcenter)).to.deep.equal(['b']);
    expect(state).to.equal('held');
    const host = one({vcenter: 'b', state: 'unreachable'});
    expect(advance(COURSE_OF_ONE, [host, one({vcenter: 'b', state: 'queued'})]).held).to.deep.equal([]);
  });
});
