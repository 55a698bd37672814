import {spawnSync} from 'node:child_process';
import {performance} from 'node:perf_hooks';
import {expect} from 'chai';
import {ownerState} from '../../src/appliance/liveness.js';
import {parseLock} from '../../src/appliance/lock-text.js';
import {processStart, thisMachine} from '../../src/appliance/machine.js';
import {exitCodeOfError} from '../../src/cli/exit.js';
import {type Logger, silent} from '../../src/log.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  at,
  configs,
  FLAG,
  LOCK,
  RECORD,
  resume,
  rollback,
  unlock,
  upgrade,
  withVch,
} from '../vch-upgrade/small-upgrade.js';

const ELSEWHERE = {host: 'elsewhere.example', owner: 'op@elsewhere.example'};

describe("the owner of somebody's upgrade lock", () => {
  it('is dead at once where its process is gone from this host', async () => {
    await withLock({pid: gonePid()}, async (session, simulator) => {
      const {log, lines} = logbook();
      expect((await resume(session, {log})).upgrade.result).to.equal('upgraded');
      expect(lines.filter((line) => line.includes('watching'))).to.deep.equal([]);
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
    });
  });

  it('is alive where its process is on this host: exit 4, naming who, where, since when and the phase', async () => {
    await withLock(
      {pid: process.ppid, started: processStart(process.ppid), changeId: 'CHG-4711'},
      async (session, simulator) => {
        const before = configs(simulator);
        const {id, owner, since, run} = lockOf(simulator);
        for (const command of [upgrade, resume, rollback, unlock]) {
          const refused = await rejection(command(session));
          expect([refused.code, exitCodeOfError(refused, null)]).to.deep.equal(['VCH_ERR_LOCKED', 4]);
          for (const part of [owner, since, run, id, 'phase snapshot', 'CHG-4711', `pid ${process.ppid}`])
            expect(refused.message).to.contain(String(part));
          expect(refused.message).not.to.match(/UpdateInProgress=|vm\.change/);
        }
        expect(configs(simulator)).to.deep.equal(before);
      },
    );
  });

  it('on another host is dead when it shows no sign of life for a whole lease', async () => {
    await withLock({...ELSEWHERE, pid: gonePid(), lease: 1}, async (session, simulator) => {
      const {log, lines} = logbook();
      const began = performance.now();
      expect((await resume(session, {log})).upgrade.result).to.equal('upgraded');
      expect(performance.now() - began).to.be.at.least(1000);
      expect(lines.join('\n')).to.contain('watching for up to 1 s');
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
    });
  });

  for (const [where, other] of [
    ['another host', ELSEWHERE],
    ['an earlier boot of this host', {boot: '00000000-0000-4000-8000-000000000000'}],
    ['another process table of this host', {pidNamespace: 'pid:[1]'}],
    ['a host that does not tell its boot', {boot: null}],
  ] as const) {
    it(`on ${where} is not judged by the process ids of this one`, () => {
      for (const pid of [process.pid, gonePid()]) {
        const lock = parseLock(JSON.stringify({...thisMachine(), pid, ...other}));
        expect(lock === null ? null : ownerState(lock)).to.equal('unknown');
      }
    });
  }

  it('on another host is alive when its counter moves meanwhile, though its pid is nobody here', async () => {
    await withLock({...ELSEWHERE, pid: gonePid(), lease: 1}, async (session, simulator) => {
      for (const command of [resume, rollback]) {
        const {log} = logbook((line) => {
          if (line.includes('watching')) beat(simulator);
        });
        const refused = await rejection(command(session, {log}));
        expect([refused.code, exitCodeOfError(refused, null)]).to.deep.equal(['VCH_ERR_LOCKED', 4]);
        expect(refused.message).to.contain('Its owner lives').and.to.contain(ELSEWHERE.owner);
      }
    });
  });

  it('is not waited for by an upgrade, which says that it cannot tell', async () => {
    await withLock({...ELSEWHERE, lease: 3600}, async (session) => {
      const {code, message} = await rejection(upgrade(session));
      expect(code).to.equal('VCH_ERR_LOCKED');
      expect(message).to.contain('cannot be seen at once').and.to.contain(ELSEWHERE.owner);
    });
  });

  it('raises its counter within its lease while the VCH starts', async () => {
    await withVch({appliance: {guest: {never: true}}}, async (session, simulator) => {
      const counters = new Set<number>();
      const ready = at('ready', () => {
        simulator.addFault({
          method: 'ReconfigVM_Task',
          object: APPLIANCE,
          before: () => {
            counters.add(Number(lockOf(simulator)['counter']));
            if (counters.size === 3) {
              simulator.inventory.vm(APPLIANCE).setGuest({});
              simulator.inventory.vm(APPLIANCE).startGuest();
            }
          },
        });
      });
      const outcome = await upgrade(session, {...ready, lease: 0.15});
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect([...counters].length).to.be.at.least(3);
    });
  });
});

describe('unlock', () => {
  it("removes a dead owner's lock, gives VIC's flag back, and keeps the record for resume and rollback", async () => {
    for (const flag of [undefined, 'false']) {
      await withLock(
        {pid: gonePid()},
        async (session, simulator) => {
          const record = applianceKeys(simulator)[RECORD];
          const outcome = await unlock(session, {lockId: String(lockOf(simulator)['id'])});
          expect(outcome.upgrade.result).to.equal('unlocked');
          expect(outcome.findings.map(({code}) => code)).to.deep.equal(['upgrade-unfinished']);
          const keys = applianceKeys(simulator);
          expect(keys)
            .to.include({[RECORD]: record})
            .and.not.to.have.property(LOCK);
          expect(keys[FLAG]).to.equal(flag);
          if (flag === undefined) expect((await resume(session)).upgrade.result).to.equal('upgraded');
          else expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
        },
        flag === undefined ? {} : {[FLAG]: flag},
      );
    }
  });

  it('refuses another lock than the one that is named: exit 4, nothing written', async () => {
    await withLock({pid: gonePid()}, async (session, simulator) => {
      const before = configs(simulator);
      const refused = await rejection(unlock(session, {lockId: '00000000-0000-4000-8000-000000000000'}));
      expect([refused.code, exitCodeOfError(refused, null)]).to.deep.equal(['VCH_ERR_LOCKED', 4]);
      expect(refused.message).to.contain(String(lockOf(simulator)['id']));
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('leaves a lock that shows a sign of life between look and write', async () => {
    await withLock({...ELSEWHERE, lease: 0.1}, async (session, simulator) => {
      const refused = await rejection(
        unlock(session, {
          confirm: async () => {
            beat(simulator);
            return true;
          },
        }),
      );
      expect(refused.code).to.equal('VCH_ERR_LOCKED');
      expect(applianceKeys(simulator)).to.have.property(LOCK);
    });
  });
});

/** A VCH whose upgrade was stopped after its snapshot, with a lock that says something else of its owner. */
async function withLock(
  owner: Readonly<Record<string, unknown>>,
  use: (session: Session, simulator: Simulator) => Promise<void>,
  extraConfig: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withVch({appliance: {extraConfig}}, async (session, simulator) => {
    const stop = new AbortController();
    const stopped = await upgrade(session, {...at('snapshot', () => stop.abort()), signal: stop.signal});
    expect(stopped.upgrade.result).to.equal('resumable');
    setLock(simulator, {...lockOf(simulator), ...thisMachine(), stopped: false, ...owner});
    await use(session, simulator);
  });
}

function lockOf(simulator: Simulator): Readonly<Record<string, unknown>> {
  return JSON.parse(applianceKeys(simulator)[LOCK] ?? '');
}

function setLock(simulator: Simulator, lock: object): void {
  simulator.inventory.vm(APPLIANCE).change({[LOCK]: JSON.stringify(lock)});
}

/** What its owner does within its lease. */
function beat(simulator: Simulator): void {
  const lock = lockOf(simulator);
  setLock(simulator, {...lock, counter: Number(lock['counter']) + 1});
}

/** The id of a process that has ended. */
function gonePid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

function logbook(hear: (line: string) => void = () => undefined): {
  readonly log: Logger;
  readonly lines: string[];
} {
  const lines: string[] = [];
  return {
    lines,
    log: {
      ...silent,
      info(line: string) {
        lines.push(line);
        hear(line);
      },
    },
  };
}
