import {expect} from 'chai';
import {ConnectionWatch, type ContactState} from '../../src/cli/connection-watch.js';
import type {RunEvent} from '../../src/report/formats/ndjson.js';
import {expectValid} from '../schemas.js';

const WELL: ContactState = {waiting: 3, broken: null, silent: 200};

/** A watch that looks once a second at states made from the seconds since the start. */
function watched(seconds: number, stateAt: (second: number) => ContactState, onTerminal = false) {
  const logged: string[] = [];
  const drawn: (string | null)[] = [];
  const events: RunEvent[] = [];
  let time = Date.UTC(2026, 0, 2);
  const nothing = () => undefined;
  const watch = new ConnectionWatch({
    log: {info: (text) => logged.push(text), error: nothing, warn: nothing, debug: nothing},
    now: () => new Date(time),
    show: onTerminal ? (text) => drawn.push(text) : undefined,
    tell: (event) => events.push(event),
  });
  const look = () => {
    for (let second = 0; second < seconds; second += 1) {
      time += 1000;
      watch.look(stateAt(second));
    }
  };
  return {watch, look, logged, drawn, events};
}

const lostFrom = (first: number, last: number) => (second: number) =>
  second < first || second > last ? WELL : {waiting: 0, broken: (second - first) * 1000, silent: 0};

describe('connection watch', () => {
  it('says nothing while the server answers, and of a connection that is taken up again at once', () => {
    const {look, logged, events} = watched(20, lostFrom(3, 4));
    look();
    expect([logged, events]).to.deep.equal([[], []]);
  });

  it('tells every few seconds for how long it is lost and how much is in flight, and when it is back', () => {
    const {watch, look, logged, events} = watched(50, lostFrom(0, 43));
    watch.hear({type: 'in-flight', vms: 16});
    look();
    expect(logged.slice(0, 2)).to.deep.equal([
      'connection lost 2 s, 16 in flight; waiting, nothing new is started',
      'connection lost 7 s, 16 in flight; waiting, nothing new is started',
    ]);
    expect(logged.slice(-2)).to.deep.equal([
      'connection lost 42 s, 16 in flight; waiting, nothing new is started',
      'the server answers again, after 43 s',
    ]);
    for (const event of events) expectValid('events', event);
    expect(events).to.have.length(logged.length);
    expect(events.at(-2)).to.include({type: 'connection', seconds: 42, inFlight: 16});
    expect(events.at(-1)).to.include({type: 'connection', seconds: 0, inFlight: 16});
  });

  it('draws it every second on a terminal, until it is over', () => {
    const {look, logged, drawn} = watched(
      6,
      (second) => ({waiting: 2, broken: null, silent: second * 3000}),
      true,
    );
    look();
    expect(drawn).to.deep.equal(['no answer for 12 s, 2 in flight', 'no answer for 15 s, 2 in flight']);
    expect(logged).to.deep.equal([]);
    const over = watched(10, lostFrom(0, 5), true);
    over.look();
    expect(over.drawn.slice(-2)).to.deep.equal([
      'connection lost 5 s; waiting, nothing new is started',
      null,
    ]);
  });

  it('draws nothing over a question', async () => {
    const {watch, look, drawn} = watched(30, lostFrom(0, 29), true);
    await watch.paused(async () => look());
    expect([drawn, watch.lost]).to.deep.equal([[], false]);
    look();
    expect([drawn.length > 0, watch.lost]).to.deep.equal([true, true]);
  });
});
