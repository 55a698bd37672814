import {Writable} from 'node:stream';
import {expect} from 'chai';
import stringWidth from 'string-width';
import {barText, progressTo} from '../../src/cli/progress.js';
import {StatusLine} from '../../src/cli/terminal.js';
import type {ProgressEvent} from '../../src/containers/outcome.js';
import {VchError} from '../../src/errors.js';
import {expectValid} from '../schemas.js';
import {runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

/** Tells events to a progress, each some seconds after the one before; gives what was logged and drawn. */
function told(events: readonly (readonly [number, ProgressEvent])[], columns?: number) {
  const logged: string[] = [];
  const drawn: string[] = [];
  let time = 0;
  const nothing = () => undefined;
  const tell = progressTo({
    log: {info: (text) => logged.push(text), error: nothing, warn: nothing, debug: nothing},
    now: () => new Date(time),
    live: columns === undefined ? undefined : {columns, show: (text) => drawn.push(text)},
  });
  for (const [seconds, event] of events) {
    time += seconds * 1000;
    tell(event);
  }
  return {logged, drawn};
}

const run = [
  [0, {type: 'phase', phase: 'find', total: null}],
  [1, {type: 'phase', phase: 'commit', total: 100}],
  [0.05, {type: 'progress', done: 1, total: 100}],
  [1.95, {type: 'progress', done: 20, total: 100}],
  [4, {type: 'progress', done: 60, total: 100}],
  [1, {type: 'progress', done: 100, total: 100}],
] as const;

describe('progress', () => {
  it('is a line for each phase and one every few seconds where there is no terminal', () => {
    expect(told(run)).to.deep.equal({
      logged: ['finding the VCH', 'writing: 100 containerVMs', 'writing: 60 of 100'],
      drawn: [],
    });
  });

  it('is a bar with rate and time left on a terminal', () => {
    const {logged, drawn} = told(run, 80);
    expect(logged).to.deep.equal([]);
    expect(drawn).to.deep.equal([
      'finding the VCH',
      'writing: 100 containerVMs',
      'writing ████░░░░░░░░░░░░░░░░ 20 of 100, 10/s, 8 s left',
      'writing ████████████░░░░░░░░ 60 of 100, 10/s, 4 s left',
      'writing ████████████████████ 100 of 100, 14/s',
    ]);
  });

  it('fits its terminal, however narrow', () => {
    for (const columns of [200, 60, 40, 20, 10, 5]) {
      const text = barText('reading back', {done: 9_999, total: 10_000}, 3, columns);
      expect(stringWidth(text)).to.be.below(columns);
    }
    expect(barText('writing', {done: 0, total: 0}, 0, 80)).to.equal(`writing ${'█'.repeat(20)} 0 of 0`);
  });

  it('draws over itself, and is gone before anything else is written', () => {
    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    const line = new StatusLine(stream);
    line.around.write('first\n');
    line.show('bar 1');
    line.show('bar 2');
    line.around.write('warning\n');
    line.clear();
    expect(written).to.equal('first\n\r\u001b[Kbar 1\r\u001b[Kbar 2\r\u001b[Kwarning\n');
  });

  const operate = (options: {onProgress?: ((event: ProgressEvent) => void) | undefined}) => {
    for (const [, event] of run) options.onProgress?.(event);
    return runOutcome([vmOutcome({status: 'changed'})]);
  };

  it('shows nothing with --quiet, and lines with --debug', async () => {
    const drawn: string[] = [];
    const live = {columns: 80, show: (text: string) => drawn.push(text)};
    const quiet = await runCommandLine(['plan', '--quiet'], {...withTarget, live, operate});
    expect([drawn, quiet.stderr]).to.deep.equal([[], '']);
    const debug = await runCommandLine(['plan', '--debug'], {...withTarget, live, operate});
    expect(drawn).to.deep.equal([]);
    expect(debug.stderr).to.include('writing: 100 containerVMs');
    await runCommandLine(['plan'], {...withTarget, live, operate});
    expect(drawn[0]).to.equal('finding the VCH');
  });

  it('is a stream of events for programs, that ends with what the report has', async () => {
    const {stdout} = await runCommandLine(['apply', '-n', 'vch1', '--format', 'ndjson', '--yes'], {
      ...withTarget,
      operate,
    });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) expectValid('events', line);
    expect(lines[0]).to.include({schema: 'vch-migrate/events/v1', command: 'apply'});
    expect(lines.slice(1).map(({type}) => type)).to.deep.equal([
      ...['phase', 'phase', 'progress', 'progress', 'progress', 'progress'],
      ...['scope', 'step', 'step', 'vm', 'end'],
    ]);
    expect(lines[2]).to.include({type: 'phase', phase: 'commit', total: 100});
  });

  it('is a stream with one head when the run fails', async () => {
    const {stdout} = await runCommandLine(['apply', '-n', 'vch1', '--format', 'ndjson', '--yes'], {
      ...withTarget,
      operate: (options) => {
        operate(options);
        throw new VchError('VCH_ERR_TRANSPORT', 'gone; again');
      },
    });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({schema}) => schema !== undefined)).to.have.length(1);
    expect(lines.at(-1)).to.deep.equal({
      type: 'error',
      error: {code: 'VCH_ERR_TRANSPORT', message: 'gone; again'},
    });
  });
});
