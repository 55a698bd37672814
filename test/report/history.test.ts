import {expect} from 'chai';
import {text as format} from '../../src/report/formats/text.js';
import {type HistoryRun, historyText} from '../../src/report/history.js';
import {HARMFUL, HOSTILE} from './hostile.js';
import {exampleReport} from './report-example.js';

const RUN = '7a6efc49-82a7-4b34-b0e9-00454c4b17c8';
const {vch} = exampleReport([]);

function textOf(runs: readonly Partial<HistoryRun>[], columns: number): string {
  const history = {
    vch,
    runs: runs.map((run) => ({
      runId: RUN,
      time: '2026-01-02T03:04:05.678Z',
      user: 'administrator@vsphere.local',
      changeId: 'CHG-1234',
      plugins: ['0002-container-common-name', '0004-container-rename-disabled'],
      vms: 412,
      ...run,
    })),
    unreadable: 0,
  };
  const listing = {document: {next: 'x'}, text: historyText(history)};
  return format.listing?.(listing, {columns, colour: false}) ?? '';
}

describe('history as text', () => {
  for (const columns of [60, 80, 200]) {
    it(`fits ${columns} columns, with every run's id whole`, () => {
      const text = textOf([{}, {changeId: null}], columns);
      for (const line of text.split('\n')) expect(line.length).to.be.at.most(columns);
      expect(text.split(RUN)).to.have.length(3);
      expect(text).to.include('2026-01-02T03:04:05Z').and.include(' 412');
    });
  }

  it('lets nothing hostile through', () => {
    for (const hostile of HOSTILE) {
      const text = textOf([{runId: hostile, user: hostile, changeId: hostile, plugins: [hostile]}], 80);
      expect(HARMFUL.exec(text)).to.equal(null);
    }
  });
});
