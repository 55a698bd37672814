import {expect} from 'chai';
import {ndjson, toNdjson} from '../../src/report/formats/ndjson.js';
import {runCommandLine, withTarget} from '../cli/fake-cli.js';
import {expectValid, fits} from '../schemas.js';
import {unasked} from '../unasked.js';
import {hostileReport} from './hostile-report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

const example = exampleReport([reportVm({history: ['0002-a'], pending: []}), refusedVm({dataVersion: null})]);

describe('published schemas', () => {
  it('fit reports, with everything in them and whatever the names are', () => {
    expectValid('report', example);
    const lock = {held: true, by: 'vch-migrate', lockId: 'L1', owner: 'ann', phase: null} as const;
    expectValid('report', {...example, vch: {...example.vch, dataVersion: null, lock}});
    const {vms, ...rest} = hostileReport();
    expectValid('report', {...rest, vms: vms.map((vm) => ({...vm, error: null}))});
  });

  it('fit no report with a member missing or of another kind', () => {
    const {summary, ...incomplete} = example;
    expect(fits('report', example)).to.equal(true);
    expect(fits('report', incomplete)).to.equal(false);
    expect(fits('report', {...incomplete, summary: {...summary, pending: -1}})).to.equal(false);
    expect(fits('report', {...example, vms: [reportVm(), {}]})).to.equal(false);
    expect(fits('report', {...example, startedAt: 'yesterday'})).to.equal(false);
    expect(fits('report', {...example, command: 'format'})).to.equal(false);
  });

  it('fit every line of a stream of events', () => {
    const lines = toNdjson(example).trimEnd().split('\n');
    expect(lines).to.have.length(5);
    for (const line of lines) expectValid('events', JSON.parse(line));
    expect(fits('events', {type: 'vm', vm: {}})).to.equal(false);
  });

  it('fit what the commands print', async () => {
    for (const command of ['plan', 'apply', 'undo', 'status', 'verify']) {
      const {stdout} = await runCommandLine(unasked([command, '-n', 'vch1', '--format', 'json']), withTarget);
      expectValid('report', JSON.parse(stdout));
    }
  });

  it('fit failures', async () => {
    const {stdout} = await runCommandLine(['plan', '--expect', 'x', '--format', 'json'], withTarget);
    expectValid('error', JSON.parse(stdout));
    const failure = {
      schema: 'vch-migrate/error/v1' as const,
      error: {code: 'VCH_ERR_VIM_FAULT', message: 'told', fault: 'NotSupported'},
      command: null,
      tool: {name: 'vch-migrate' as const, version: '0.1.0'},
    };
    const lines = ndjson.failure(failure, '2026-01-02T03:04:05.000Z').trimEnd().split('\n');
    expect(lines).to.have.length(2);
    for (const line of lines) expectValid('events', JSON.parse(line));
  });
});
