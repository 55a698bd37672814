import {readdir, readFile, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {fileJournal, type SideEffect} from '../../src/index.js';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import {silent} from '../../src/log.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {writeIso} from '../iso-file.js';
import {reportOf} from '../on-simulator.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';
import {at, configs, resume, rollback, upgrade, withVch} from './small-upgrade.js';

/** What changes nothing on the server, or only in its own session. */
const READS =
  /^(Retrieve|ContinueRetrieve|CreateContainerView|DestroyView|Login$|Logout$|CurrentTime|GET |HEAD |Find|HasPrivilege)/;

describe('the journal of an upgrade', () => {
  it('has every side effect in order, as the server saw them, and so has that of the rollback', async () => {
    await withVch({}, async (session, simulator) => {
      const told: SideEffect[] = [];
      const journal = (effect: SideEffect) => void told.push(effect);
      expect((await upgrade(session, {journal, parallelism: 1})).upgrade.result).to.equal('upgraded');
      expect(told.map(calledAs)).to.deep.equal(writesOf(simulator));
      expect(new Set(told.map(({effect}) => effect)))
        .to.include('CreateSnapshot_Task')
        .and.to.include('ShutdownGuest');

      told.length = 0;
      simulator.requests.reset();
      expect((await rollback(session, {journal, parallelism: 1})).upgrade.result).to.equal('rolled-back');
      expect(told.map(calledAs)).to.deep.equal(writesOf(simulator));
      for (const {detail} of told) expect(detail).to.match(/\S/);
    });
  });

  it('has the files of a release, sent and taken away', async () => {
    await withDirectory({}, async (directory) => {
      const iso = await readIsoInfo(
        await writeIso(join(directory, 'vic.iso'), {created: '2020060100000000'}),
      );
      await withVch({}, async (session) => {
        const told: SideEffect[] = [];
        const journal = (effect: SideEffect) => void told.push(effect);
        const files = (effect: string) =>
          told.filter((one) => one.effect === effect).map(({object}) => object);
        await upgrade(session, {journal, applianceIso: iso, bootstrapIso: iso});
        expect(files('PUT')).to.have.lengthOf(2);
        for (const {effect, detail} of told)
          if (effect === 'PUT') expect(detail).to.equal(`${iso.path}, ${iso.size} bytes`);
        expect((await rollback(session, {journal})).upgrade.result).to.equal('rolled-back');
        expect(files('DeleteDatastoreFile_Task').sort()).to.deep.equal(files('PUT').sort());
      });
    });
  });

  it('has what fails and is done again as often as it was asked for', async () => {
    await withVch({}, async (session, simulator) => {
      const told: SideEffect[] = [];
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: 'vm-101',
        times: 2,
        do: {fault: 'TaskInProgress'},
      });
      simulator.addFault({method: 'CreateSnapshot_Task', times: 1, do: 'drop-before'});
      simulator.addFault({method: 'PowerOnVM_Task', times: 1, do: 'drop-after'});
      const journal = (effect: SideEffect) => void told.push(effect);
      expect((await upgrade(session, {journal, parallelism: 1})).upgrade.result).to.equal('upgraded');
      expect(told.map(calledAs).sort()).to.deep.equal([...writesOf(simulator)].sort());
    });
  });

  it('names keys and no values: those may be secrets', async () => {
    await withVch({}, async (session) => {
      const told: SideEffect[] = [];
      await upgrade(session, {journal: (effect) => void told.push(effect)});
      expect(JSON.stringify(told)).to.contain('cmd/Env~').and.not.to.contain('proxy.example');
    });
  });

  it('is a file for each run, which nobody needs: without it resume goes on all the same', async () => {
    await withDirectory({}, async (directory) => {
      await withVch({}, async (session, simulator) => {
        const before = configs(simulator);
        const stop = new AbortController();
        const options = {runId: 'run-1', command: 'upgrade', log: silent};
        await upgrade(session, {
          ...at('snapshot', () => stop.abort()),
          signal: stop.signal,
          runId: 'run-1',
          journal: fileJournal(directory, options),
        });
        const [first, ...entries] = (await readFile(join(directory, 'run-1.jsonl'), 'utf8'))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        expect(first).to.include({schema: 'vch-migrate/journal/v1', run: 'run-1', command: 'upgrade'});
        expect(entries.map(calledAs)).to.have.members([...writesOf(simulator)]);
        for (const {time} of entries) expect(new Date(time).toISOString()).to.equal(time);

        await rm(directory, {recursive: true});
        expect((await resume(session)).upgrade.result).to.equal('upgraded');
        expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
        expect(configs(simulator)).to.deep.equal(before);
      });
    });
  });

  it('stops nothing when it breaks, and is not begun where it cannot be', async () => {
    await withDirectory({}, async (directory) => {
      await withVch({}, async (session) => {
        const warnings: string[] = [];
        const log = {...silent, warn: (line: string) => void warnings.push(line)};
        const journal = fileJournal(directory, {runId: 'run-1', command: 'upgrade', log});
        await rm(directory, {recursive: true});
        expect((await upgrade(session, {journal})).upgrade.result).to.equal('upgraded');
        expect(warnings.filter((line) => line.includes('run-1.jsonl'))).to.have.lengthOf(1);
      });
      const refused = async () => fileJournal('/dev/null/x', {runId: 'r', command: 'upgrade', log: silent});
      expect((await rejection(refused())).code).to.equal('VCH_ERR_USAGE');
    });
  });

  it('is written by upgrade --journal DIR, named after the run', async () => {
    await withDirectory({}, async (directory) => {
      await withVch({settings: {shutdownTime: 0}}, async (_session, simulator) => {
        const {code, report} = await reportOf(
          simulator,
          'upgrade',
          '--data-only',
          '--yes',
          '--journal',
          directory,
        );
        expect(code).to.equal(0);
        expect(await readdir(directory)).to.deep.equal([`${report.runId}.jsonl`]);
      });
    });
  });
});

function calledAs({effect, object}: SideEffect): string {
  return `${effect} ${object}`;
}

/** The calls that change something. */
function writesOf(simulator: Simulator): readonly string[] {
  return simulator.requests.list
    .filter(({method}) => !READS.test(method))
    .map(({method, object}) => (method === 'LogUserEvent' ? `${method} vm-100` : `${method} ${object}`));
}
