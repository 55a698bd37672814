import {expect} from 'chai';
import {type ProgressEvent, renameContainer} from '../../src/index.js';
import {encodeUnfinished} from '../../src/rename/rename-claim.js';
import type {ReportVm} from '../../src/report/report.js';
import type {FaultAction, Simulator} from '../../src/simulator/simulator.js';
import {ALIASES, APPLIANCE, CLAIM, container, dockerCreate, rename, vch} from '../containers/containers.js';
import {type Ended, reportOf, startProcess, variablesFor} from '../on-simulator.js';

import {rejection} from '../rejection.js';
import {containerIdOf, smallVch, withSession, withSimulator} from '../small-vch.js';

const DB = 'vm-101';
const WEB = 'vm-102';
const APP = 'vm-103';
const ID = containerIdOf('db');
const fixture = smallVch([
  container('db'),
  container('web', {aliases: ':web|db:database'}),
  container('app', {aliases: ':app|db:db|web:w'}),
]);

function config(simulator: Simulator, id: string): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

function claimNow(simulator: Simulator): string | undefined {
  return config(simulator, APPLIANCE)[CLAIM];
}

function expectFinished(simulator: Simulator): void {
  expect(config(simulator, DB)['common/name']).to.equal('pg');
  expect(config(simulator, WEB)[ALIASES]).to.equal(':web|pg:database');
  expect(config(simulator, APP)[ALIASES]).to.equal(':app|pg:db|web:w');
  expect(claimNow(simulator)).to.equal(undefined);
}

/** The command that a text tells people to run. */
function commandIn(text: string): string[] {
  const [, command = ''] = /vch-migrate (rename .*)$/.exec(text) ?? [];
  return command
    .split(' ')
    .filter((word, index, words) => word !== '--name' && words[index - 1] !== '--name');
}

function inReport({report}: Ended & {readonly report: {readonly vms: readonly ReportVm[]}}): string[] {
  return report.vms.map(({id, status, findings}) =>
    [id, status, ...findings.map(({code}) => code).filter((code) => code.startsWith('link'))].join(' '),
  );
}

/** The claim as it is when its owner's lease has run out. */
function letLeaseRunOut(simulator: Simulator): void {
  const claim = claimNow(simulator) ?? '';
  simulator.inventory.vm(APPLIANCE).change({[CLAIM]: claim.replace('"lease":30', '"lease":0.1')});
}

/** The order `rename db pg` by a process that dies when it is about to write that VM for the first time. */
async function dieBeforeWriting(simulator: Simulator, object: string): Promise<void> {
  const {child, ended} = startProcess(
    ['rename', 'db', 'pg', '--name', 'vch1', '--yes'],
    variablesFor(simulator),
  );
  simulator.addFault({
    method: 'ReconfigVM_Task',
    object,
    times: 1,
    before: () => child.kill('SIGKILL'),
    do: 'drop-before',
  });
  await ended;
  simulator.clearFaults();
}

describe('rename: a rename that got no further than its container', () => {
  const faults: readonly (readonly [string, FaultAction, string])[] = [
    ['fails', {fault: 'GenericVmConfigFault', as: 'task'}, `${WEB} failed link-kept`],
    ['is refused while it runs', {fault: 'InvalidPowerState', as: 'task'}, `${WEB} refused link-kept`],
    ['has no effect', 'ignore', `${WEB} failed link-unknown`],
  ];
  for (const [what, action, told] of faults) {
    it(`is finished by the same order when the write of a link ${what}, and says nothing of it before`, async () => {
      await withSimulator({fixture}, async (simulator) => {
        simulator.addFault({method: 'ReconfigVM_Task', object: WEB, do: action});
        const first = await reportOf(simulator, 'rename', 'db', 'pg');
        expect(first.code).to.equal(3);
        expect(inReport(first)).to.deep.equal([`${DB} changed`, `${APP} changed link-renamed`, told]);
        expect(claimNow(simulator)).to.equal(encodeUnfinished([{container: ID, from: 'db', to: 'pg'}]));
        simulator.clearFaults();
        const next = await reportOf(
          simulator,
          ...(told.includes('refused') ? ['rename', 'db', 'pg'] : commandIn(first.report.next)),
        );
        expect(next.code).to.equal(0);
        expect(inReport(next)).to.deep.equal([`${DB} unchanged`, `${WEB} changed link-renamed`]);
        expectFinished(simulator);
      });
    });
  }

  it('is finished by the same order once the host of a link is back', async () => {
    await withSimulator({fixture}, async (simulator) => {
      simulator.inventory.vm(WEB).setConnectionState('disconnected');
      const first = await reportOf(simulator, 'rename', 'db', 'pg');
      expect(inReport(first)).to.deep.equal([
        `${DB} changed`,
        `${APP} changed link-renamed`,
        `${WEB} unreachable link-kept`,
      ]);
      simulator.inventory.vm(WEB).setConnectionState('connected');
      const next = await reportOf(simulator, ...commandIn(first.report.next));
      expect(next.code).to.equal(0);
      expectFinished(simulator);
    });
  });

  it('is finished by the command in the last line when it was stopped', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const stop = new AbortController();
      const onProgress = ({type}: ProgressEvent) => {
        if (type === 'vm') stop.abort();
      };
      const {vms, interrupted} = await renameContainer(session, {
        vch,
        container: 'db',
        newName: 'pg',
        signal: stop.signal,
        onProgress,
      });
      expect(interrupted).to.equal(true);
      expect(vms.map(({status}) => status)).to.deep.equal(['changed', 'not-attempted', 'not-attempted']);
      expect(vms[1]?.changes).to.deep.equal([]);
      expect(vms[1]?.findings.map(({code}) => code)).to.deep.equal(['link-kept']);
      await rename(session, '/db', 'pg');
      expectFinished(simulator);
    });
  });

  it('is finished by the command that status and audit name after its process has died', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await dieBeforeWriting(simulator, WEB);
      expect(config(simulator, DB)['common/name']).to.equal('pg');
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|db:database');
      const {report} = await reportOf(simulator, 'status');
      expect(report.findings.map(({code}) => code)).to.deep.equal(['rename-claimed', 'rename-unfinished']);
      expect(report.findings[0]?.message).to.include('db to pg, claimed by administrator@vsphere.local on ');
      const audit = await reportOf(simulator, 'audit');
      expect(audit.report.findings).to.deep.equal(report.findings);
      letLeaseRunOut(simulator);
      const command = commandIn(report.findings[1]?.message ?? '');
      expect(command).to.deep.equal(['rename', ID, 'pg']);
      const next = await reportOf(simulator, ...command);
      expect(next.code).to.equal(0);
      expectFinished(simulator);
      const after = await reportOf(simulator, 'status');
      expect(after.report.findings).to.deep.equal([]);
    });
  });

  it('is done from the start by the same order when its process died before the container', async () => {
    await withSimulator({fixture}, async (simulator) => {
      await dieBeforeWriting(simulator, DB);
      expect(config(simulator, DB)['common/name']).to.equal('db');
      letLeaseRunOut(simulator);
      const {code} = await reportOf(simulator, 'rename', 'db', 'pg');
      expect(code).to.equal(0);
      expectFinished(simulator);
    });
  });

  /** A rename of db to pg that has left web's link behind. */
  async function leaveLink(session: Parameters<typeof rename>[0], simulator: Simulator): Promise<void> {
    simulator.addFault({
      method: 'ReconfigVM_Task',
      object: WEB,
      do: {fault: 'GenericVmConfigFault', as: 'task'},
    });
    await rename(session, 'db', 'pg');
    simulator.clearFaults();
  }

  it('stays on record through renames of others, and through refusals', async () => {
    await withSession({fixture}, async (session, simulator) => {
      await leaveLink(session, simulator);
      const record = claimNow(simulator);
      expect(record).to.equal(encodeUnfinished([{container: ID, from: 'db', to: 'pg'}]));
      await rename(session, 'app', 'store');
      expect(claimNow(simulator)).to.equal(record);
      expect((await rejection(rename(session, 'store', 'pg'))).code).to.equal('VCH_ERR_CONFLICT');
      expect(claimNow(simulator)).to.equal(record);
      await rename(session, ID.slice(0, 12), 'pg');
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|pg:database');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is finished by a further rename of the same container', async () => {
    await withSession({fixture}, async (session, simulator) => {
      await leaveLink(session, simulator);
      await rename(session, 'pg', 'store');
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|store:database');
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|store:db|web:w');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('leaves links alone that are another container’s by now, which docker made under the old name', async () => {
    await withSession({fixture}, async (session, simulator) => {
      await leaveLink(session, simulator);
      dockerCreate(simulator, 'db', 'new db');
      const error = await rejection(rename(session, 'db', 'pg'));
      expect(error.message).to.include(`The name "pg" is already in use by container ${ID}`);
      const [renamed, ...rest] = (await rename(session, ID, 'pg')).vms;
      expect([renamed?.status, rest]).to.deep.equal(['unchanged', []]);
      expect(renamed?.findings.map(({code}) => code)).to.deep.equal(['renamed-before', 'links-of-another']);
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|db:database');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('has nothing left to do, with exit 0, once the container with the link is gone', async () => {
    await withSession({fixture}, async (session, simulator) => {
      await leaveLink(session, simulator);
      simulator.inventory.vm(WEB).remove();
      const {code, report} = await reportOf(simulator, 'rename', 'db', 'pg');
      expect([code, report.vms.map(({status}) => status)]).to.deep.equal([0, ['unchanged']]);
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is none without a record: then the same order is refused in docker’s words', async () => {
    await withSession({fixture}, async (session, simulator) => {
      await leaveLink(session, simulator);
      simulator.inventory.vm(APPLIANCE).change({[CLAIM]: null});
      for (const [word, message] of [
        ['db', 'No such container: db'],
        ['pg', 'renaming a container with the same name as its current name'],
        [ID, 'renaming a container with the same name as its current name'],
      ] as const) {
        expect((await rejection(rename(session, word, 'pg'))).message).to.include(message);
      }
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|db:database');
    });
  });
});
