import {Writable} from 'node:stream';
import {expect} from 'chai';
import stringWidth from 'string-width';
import {Checklist} from '../../src/cli/checklist.js';
import {barText, drawnChecklist, progressBar, progressLines} from '../../src/cli/progress.js';
import {StatusLines} from '../../src/cli/terminal.js';
import type {ProgressEvent, StepGroup} from '../../src/containers/outcome.js';
import {VchError} from '../../src/errors.js';
import {expectValid} from '../schemas.js';
import {runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

type Timed = readonly (readonly [number, ProgressEvent])[];

/** A terminal that keeps what was drawn on it. */
function recordingLines(columns: number, rows = 24) {
  const drawn: string[] = [];
  return {
    drawn,
    live: {columns, rows, colour: false, show: (text: string) => drawn.push(text), clear: () => undefined},
  };
}

/** Tells events to a progress, each some seconds after the one before; gives what was logged and drawn. */
function told(events: Timed, columns?: number) {
  const logged: string[] = [];
  const {drawn, live} = recordingLines(columns ?? 0);
  let time = Date.UTC(2026, 10, 14, 2, 6);
  const info = (text: string) => void logged.push(text);
  const options = {log: {info}, now: () => new Date(time)};
  const display = columns === undefined ? progressLines(options) : progressBar(options, live);
  for (const [seconds, event] of events) {
    time += seconds * 1000;
    display.hear(event);
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

  it('tells no time left before two seconds of data', () => {
    expect(barText('writing', {done: 50, total: 100}, 1.9, 80)).to.match(/50 of 100$/);
    expect(barText('writing', {done: 50, total: 100}, 2, 80)).to.match(/50 of 100, 25\/s, 2 s left$/);
  });

  it('counts what is found and read, as well where nobody knows how many there are', () => {
    const reading: Timed = [
      [0, {type: 'phase', phase: 'find', total: null}],
      [6, {type: 'progress', done: 1500, total: null}],
      [1, {type: 'phase', phase: 'read', total: 412}],
      [6, {type: 'progress', done: 300, total: 412}],
    ];
    expect(told(reading, 80).drawn).to.deep.equal([
      'finding the VCH',
      'finding the VCH: 1500 VMs',
      'reading: 412 containerVMs',
      'reading ██████████████░░░░░░ 300 of 412, 50/s, 2.2 s left',
    ]);
    expect(told(reading).logged).to.deep.equal([
      'finding the VCH',
      'finding the VCH: 1500 VMs',
      'reading: 412 containerVMs',
      'reading: 300 of 412',
    ]);
  });

  it('draws over itself, and is gone before anything else is written', () => {
    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    const lines = new StatusLines(stream);
    lines.around.write('first\n');
    lines.show('bar 1');
    lines.show('one\ntwo\nthree');
    lines.show('bar 2');
    lines.around.write('warning\n');
    lines.clear();
    expect(written.replaceAll('\u001b[', '^')).to.equal(
      'first\n\rbar 1^K\rone^K\ntwo^K\nthree^K\r^2Abar 2^K^J\r^K\rwarning\n',
    );
  });

  const operate = (options: {onProgress?: ((event: ProgressEvent) => void) | undefined}) => {
    for (const [, event] of run) options.onProgress?.(event);
    return runOutcome([vmOutcome({status: 'changed'})]);
  };

  it('shows nothing with --quiet, and lines with --debug', async () => {
    const {drawn, live} = recordingLines(80);
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

const phase = (
  group: StepGroup,
  name: string,
  label: string,
  total: number | null = null,
): ProgressEvent => ({
  type: 'phase',
  phase: name,
  label,
  total,
  group,
});
const OLD = {version: 'v1.2.1', build: '13858', dataVersion: 5};
const NEW = {version: 'v1.5.6', build: '20000', dataVersion: 10};
const START = Date.UTC(2026, 10, 14, 2, 6);
const MIB = 1024 * 1024;

/** An upgrade until its appliance boots; each event some seconds after the one before. */
const NIGHT: Timed = [
  [0, {type: 'phase', phase: 'find', total: null, group: 'Check and plan'}],
  [3, {type: 'about', vch: 'vch-web-07'}],
  [0, phase('Check and plan', 'check', 'checking')],
  [54, {type: 'about', vch: 'vch-web-07', before: OLD, target: NEW, leftOut: {refused: 2, unreachable: 1}}],
  [0, phase('Upload ISO files', 'upload', 'uploading', 118 * MIB)],
  [43, {type: 'progress', done: 48 * MIB, total: 118 * MIB}],
  [103, {type: 'phase', phase: 'commit', total: 53, group: 'Write containerVMs'}],
  [91, {type: 'progress', done: 34, total: 53}],
  [107, phase('Take the snapshot', 'snapshot', 'taking the snapshot')],
  [27, {type: 'way-back', snapshot: 'snapshot-2790', card: ['  vch-migrate rollback --id vm-2101']}],
  [0, phase('Upgrade and boot', 'power-off', 'powering off')],
  [31, {type: 'outage', from: new Date(START + 428_000), to: null}],
  [9, phase('Upgrade and boot', 'ready', 'waiting until ready')],
  [2, {type: 'waiting', reason: 'the start of port-layer', within: 600_000}],
  [60, {type: 'progress', done: 0, total: null}],
];

/** The frame after so many of the events, and the seconds after the last one. */
function frameAfter(events: Timed, seconds = 0, columns = 79): readonly string[] {
  const list = new Checklist('upgrade', START);
  let time = START;
  for (const [after, event] of events) {
    time += after * 1000;
    list.hear(event, time);
  }
  return list.frame(time + seconds * 1000, {columns, paint: (_style, text) => text});
}

describe("an upgrade's checklist", () => {
  it('has all its lines from the first frame, and none moves until it goes wrong', () => {
    const labels = (frame: readonly string[]) =>
      frame.flatMap((line) => /^ {2}[✓→·✕–] (.{1,25})/.exec(line)?.[1]?.trim() ?? []);
    const six = [
      ...['Check and plan', 'Upload ISO files', 'Write containerVMs', 'Take the snapshot'],
      ...['Upgrade and boot', 'Verify and unlock'],
    ];
    for (let n = 1; n <= NIGHT.length; n += 1)
      expect(labels(frameAfter(NIGHT.slice(0, n)))).to.deep.equal(six);
    const failed: Timed = [
      ...NIGHT,
      [540, {type: 'phase-ended', status: 'failed'}],
      [0, phase('Put back', 'revert', 'reverting to the snapshot')],
    ];
    const frame = frameAfter(failed, 12);
    expect(labels(frame)).to.deep.equal(six.toSpliced(5, 0, 'Put back'));
    expect(frame[0]).to.match(/^Putting back vch-web-07 to v1\.2\.1 .*VCH DOWN 10 min 54 s$/);
    expect(frame[5]).to.match(
      /^ {2}✕ Upgrade and boot +waiting until ready +11 min 22 s$|✕ Upgrade and boot/,
    );
    expect(frame[6]).to.match(/^ {2}→ Put back +reverting to the snapshot +12 s$/);
  });

  it('says what is done, what it does, and how much of it', () => {
    expect(frameAfter(NIGHT.slice(0, 6)).map((line) => line.replaceAll(/ {3,}/g, '   '))).to.deep.equal([
      'Upgrading vch-web-07 from v1.2.1 to v1.5.6   1 min 40 s',
      '  ✓ Check and plan   57 s',
      '  → Upload ISO files   40%, 48 of 118 MiB, 1 min 3 s left   43 s',
      '  · Write containerVMs',
      '  · Take the snapshot',
      '  · Upgrade and boot   the VCH is down meanwhile',
      '  · Verify and unlock',
      '  ! 3 containerVMs left out: 2 refused, 1 unreachable',
      '',
      'Ctrl-C stops at the next safe point; what is done stays done',
    ]);
  });

  it('says since when the VCH is down, what it waits for and for how long, and the way back once', () => {
    const frame = frameAfter(NIGHT, 0);
    expect(frame[0]).to.match(/8 min 50 s {3}VCH DOWN 1 min 42 s$/);
    expect(frame).to.include('  1 min, at most 10 min in all: waiting for the start of port-layer');
    expect(frame.filter((line) => line.startsWith('Way back'))).to.deep.equal([
      'Way back: vch-migrate rollback --id vm-2101',
    ]);
    expect(frame.at(-1)).to.equal('Ctrl-C waits until the VCH is powered on again');
    expect(frame.join('\n')).to.match(/✓ Take the snapshot +snapshot-2790 +27 s/);
    const up = frameAfter([...NIGHT, [90, {type: 'outage', from: new Date(START), to: new Date(START)}]]);
    expect(up[0]).to.match(/VCH up$/);
  });

  it('leaves out what was not needed, and fits its terminal', () => {
    const frame = frameAfter([...NIGHT.slice(0, 4), ...NIGHT.slice(6)]);
    expect(frame.join('\n')).to.match(/– Upload ISO files +not needed/);
    for (const columns of [40, 60, 79, 199])
      for (const line of frameAfter(NIGHT, 5, columns)) expect(stringWidth(line)).to.be.at.most(columns);
  });

  it('is drawn at most four times a second, and says that the connection is lost', () => {
    const {drawn, live} = recordingLines(80);
    let time = START;
    const nothing = () => undefined;
    const options = {log: {info: nothing}, now: () => new Date(time)};
    const display = drawnChecklist(new Checklist('upgrade', START), options, live, {
      colour: true,
      unicode: false,
    });
    display.hear(phase('Write containerVMs', 'commit', 'writing', 1000));
    for (let done = 1; done <= 1000; done += 1) {
      time += 1;
      display.hear({type: 'progress', done, total: 1000});
      display.tick();
    }
    expect(drawn.length).to.be.within(4, 6);
    expect(drawn.at(-1)).to.include('->').and.include('\u001b[').and.not.match(/[✓→·]/);
    display.remark?.('connection lost 5 s');
    expect(drawn.at(-1)).to.include('connection lost 5 s');
  });

  it('is lines where there is no terminal: what begins, what waits, what is down, and what each group took', () => {
    const {logged} = told([
      ...NIGHT,
      [20, {type: 'outage', from: new Date(START + 428_000), to: new Date(START + 620_000)}],
    ]);
    expect(logged).to.include.members([
      'Check and plan: done after 57 s',
      'uploading: 118 MiB',
      'uploading: 48 of 118 MiB',
      'VCH down since 02:13:08 UTC',
      'waiting for the start of port-layer; at most 10 min in all',
      'VCH up: ready after 3 min 12 s',
    ]);
    expect(logged.filter((line) => line.includes('vch-migrate rollback'))).to.have.lengthOf(1);
  });
});
