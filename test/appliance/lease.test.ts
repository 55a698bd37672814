import {spawnSync} from 'node:child_process';
import {expect} from 'chai';
import fc from 'fast-check';
import {ApplianceWriter} from '../../src/appliance/appliance-writer.js';
import {findLease, Lease, type LeaseSpec, readHolder} from '../../src/appliance/lease.js';
import {processStart, thisMachine} from '../../src/appliance/machine.js';
import {lockState, UPGRADE_LOCK} from '../../src/appliance/upgrade-lock.js';
import {exitCodeOfError} from '../../src/cli/exit.js';
import {applyMigration, undoMigration} from '../../src/index.js';
import {findVch} from '../../src/inventory/find-vch.js';
import {type Logger, silent} from '../../src/log.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {type Clock, systemClock} from '../../src/vim25/clock.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {reportOf, vchMigrate} from '../on-simulator.js';
import {rejection} from '../rejection.js';
import {loginTo} from '../small-vch.js';
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
      const began = session.clock.now();
      expect((await resume(session, {log})).upgrade.result).to.equal('upgraded');
      expect(session.clock.now() - began).to.be.at.least(1000);
      expect(lines.join('\n')).to.contain('watching for a sign of life for up to 1 s');
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
        const lock = JSON.stringify({...thisMachine(), pid, ...other});
        expect(readHolder(UPGRADE_LOCK, {[LOCK]: lock}).state).to.equal('unknown');
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
        expect(refused.message).to.contain('its owner is running').and.to.contain(ELSEWHERE.owner);
      }
    });
  });

  it('is not waited for by an upgrade, which says that it cannot tell', async () => {
    await withLock({...ELSEWHERE, lease: 3600}, async (session) => {
      const {code, message} = await rejection(upgrade(session));
      expect(code).to.equal('VCH_ERR_LOCKED');
      expect(message).to.contain('cannot be seen from here').and.to.contain(ELSEWHERE.owner);
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

describe('the upgrade lock as reports show it', () => {
  const LABEL = 'vch1 (vm-100)';

  for (const flag of [undefined, '', '<nil>', 'false', 'False', 'f', '0']) {
    it(`is none where UpdateInProgress is ${String(flag)}`, () => {
      expect(lockState(flag === undefined ? {} : {[FLAG]: flag}, LABEL)).to.deep.equal({held: false});
    });
  }

  for (const flag of ['true', 'True', '1', 't', 'what is this']) {
    it(`is vic-machine's where UpdateInProgress is ${flag}`, () => {
      expect(lockState({[FLAG]: flag}, LABEL)).to.include({held: true, by: 'vic-machine', state: 'unknown'});
    });
  }

  it('names the owner and phase of our own lock, and what to do when the owner has stopped', () => {
    const since = '2026-01-02T03:04:05.000Z';
    const lock = {id: 'lock-1', owner: 'root@admin1', phase: 'snapshot', since, stopped: true};
    expect(lockState({[LOCK]: JSON.stringify(lock), [FLAG]: 'true'}, LABEL)).to.deep.equal({
      held: true,
      by: 'vch-migrate',
      lockId: 'lock-1',
      owner: 'root@admin1',
      phase: 'snapshot',
      since,
      stopped: true,
      state: 'dead',
      text:
        `An upgrade of ${LABEL} was left unfinished: root@admin1 since ${since}, phase snapshot, run unknown, lock lock-1; its owner is no longer running. ` +
        'Continue it with vch-migrate resume, take it back with vch-migrate rollback, or remove the lock with vch-migrate unlock.',
    });
  });

  it('is held where it cannot be read', () => {
    expect(lockState({[LOCK]: '{broken'}, LABEL)).to.include({held: true, by: 'vch-migrate', owner: null});
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (raw) => {
        expect(findLease(UPGRADE_LOCK, {[LOCK]: raw}) === null).to.equal(raw === '' || raw === '<nil>');
      }),
    );
  });

  it('has a lease time that somebody can mean, or its own', () => {
    const leaseTime = (lease: unknown) =>
      findLease(UPGRADE_LOCK, {[LOCK]: JSON.stringify({lease})})?.leaseTime;
    for (const lease of [0, -1, 3601, 1e9, '60', null])
      expect(leaseTime(lease)).to.equal(UPGRADE_LOCK.leaseTime);
    expect(leaseTime(60)).to.equal(60);
  });

  it('says first that the VCH is down, and leads to resume', async () => {
    await withLock({pid: gonePid()}, async (session, simulator) => {
      simulator.inventory.vm(APPLIANCE).powerOff();
      const down = `An upgrade of ${LABEL}, which is powered off, was left unfinished`;
      for (const command of [applyMigration, undoMigration, upgrade]) {
        const {message} = await rejection(command(session, {vch: {name: 'vch1'}}));
        expect(`A${message.slice(1)}`)
          .to.contain(down)
          .and.to.contain('vch-migrate resume');
      }
      expect(JSON.stringify((await reportOf(simulator, 'status')).report.vch.lock)).to.contain(down);
      const {url, user, password} = simulator;
      const variables = {GOVC_URL: url, GOVC_USERNAME: user, GOVC_PASSWORD: password, GOVC_INSECURE: '1'};
      const {stdout} = await vchMigrate(['ls'], variables);
      expect(stdout).to.contain('left unfinished (vch-migrate), powered off');
      expect(stdout).to.match(
        /Next: continue what was left unfinished\n {2}vch-migrate resume .*--name vch1/,
      );
    });
    await withLock({host: 'elsewhere'}, async (_session, simulator) => {
      simulator.inventory.vm(APPLIANCE).powerOff();
      const {url, user, password} = simulator;
      const variables = {GOVC_URL: url, GOVC_USERNAME: user, GOVC_PASSWORD: password, GOVC_INSECURE: '1'};
      const {stdout} = await vchMigrate(['ls'], variables);
      expect(stdout).to.match(/vch-migrate status .*--name vch1/);
    });
  });

  it('tells at once, and in one wording for all commands, that its owner on this host is dead', async () => {
    await withLock({pid: gonePid()}, async (session, simulator) => {
      const dead = await rejection(applyMigration(session, {vch: {name: 'vch1'}}));
      const words = dead.message.replace(' Nothing was written.', '');
      expect(words)
        .to.contain('was left unfinished')
        .and.to.match(/resume.*rollback.*unlock/);
      expect((await rejection(upgrade(session))).message).to.equal(dead.message);
      expect((await rejection(undoMigration(session, {vch: {name: 'vch1'}}))).message).to.equal(dead.message);
      const {url, user, password} = simulator;
      const variables = {GOVC_URL: url, GOVC_USERNAME: user, GOVC_PASSWORD: password, GOVC_INSECURE: '1'};
      const status = await reportOf(simulator, 'status');
      const lock = status.report.vch.lock;
      expect(lock).to.include({held: true, state: 'dead', text: `A${words.slice(1)}.`});
      const ls = await vchMigrate(['ls'], variables);
      expect(ls.stdout).to.contain('left unfinished (vch-migrate)');
      for (const command of ['apply', 'undo', 'rename']) {
        const args = command === 'rename' ? [command, 'job', 'task'] : [command];
        const {code, stderr} = await vchMigrate([...args, '--yes', '--id', APPLIANCE], variables);
        expect(code, command).to.equal(4);
        expect(stderr.replaceAll(/\s+/g, ' '), command).to.contain(dead.message);
      }
      const check = await vchMigrate(['check', '--format', 'json', '--id', APPLIANCE], variables);
      expect(check.stdout).to.contain(words);
    });
  });
});

describe('an owner that could not renew its lock for the lease time', () => {
  it('proves by a write that the lock is still its own before a containerVM is started', async () => {
    await withClock(async (session, simulator, leap) => {
      const written: string[] = [];
      const outcome = await upgrade(session, {
        ...at('commit', () => leap(300)),
        journal: ({effect, object}) => {
          if (effect === 'ReconfigVM_Task') written.push(object);
        },
      });
      expect(outcome.upgrade.result).to.equal('upgraded');
      // Taking the lock, entering two steps, and the proof.
      const first = written.findIndex((object) => object !== APPLIANCE);
      expect(written.slice(0, first)).to.deep.equal([APPLIANCE, APPLIANCE, APPLIANCE, APPLIANCE]);
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
    });
  });

  it('starts nothing while it cannot prove it, and loses it to another owner only', async () => {
    await withClock(async (session, simulator, leap) => {
      const {vch} = await findVch(session, {name: 'vch1'});
      const owner = {runId: 'r', user: 'bob', toolVersion: '1', log: silent};
      const lease = await Lease.acquire(new ApplianceWriter(session, vch), SPEC, owner, {
        over: null,
        make: async () => 'work',
      });
      const {reconfigurations} = simulator.inventory.vm(APPLIANCE);
      const writes = () => simulator.inventory.vm(APPLIANCE).reconfigurations - reconfigurations;
      await lease.assertFresh();
      expect(writes()).to.equal(0);
      leap(121);
      await Promise.all([lease.assertFresh(), lease.assertFresh()]);
      expect(writes()).to.equal(1);
      leap(121);
      simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: {fault: 'NoPermission'}});
      expect((await rejection(lease.assertFresh())).code).to.equal('VCH_ERR_PRIVILEGE');
      expect(lease.lost.aborted).to.equal(false);
      simulator.clearFaults();
      await lease.assertFresh();
      expect(writes()).to.equal(2);
      leap(121);
      setLock(simulator, {id: 'somebody', owner: 'ann@elsewhere'});
      const lost = await rejection(lease.assertFresh());
      expect(lost.code).to.equal('VCH_ERR_LOCK_LOST');
      expect(lost.message).to.contain('ann@elsewhere has it now');
      lease.close();
    });
  });
});

/** A lease with nothing beside it. */
const SPEC: LeaseSpec<string> = {
  ...UPGRADE_LOCK,
  encode: ({id}, {counter, leaseTime}) => JSON.stringify({id, counter, lease: leaseTime}),
  beside: () => ({}),
  afterLoss: () => ({}),
  leaseTimeOf: (_body, base) => base,
  updating: (body) => body,
  assertMayTake: () => undefined,
  broken: () => null,
  afterLosing: 'See vch-migrate status',
};

/** A VCH of an upgrade, and a session whose clock leaps by so many seconds. */
async function withClock(
  use: (session: Session, simulator: Simulator, leap: (seconds: number) => void) => Promise<void>,
): Promise<void> {
  await withVch({}, async (_session, simulator) => {
    let ahead = 0;
    const clock: Clock = {...systemClock, now: () => systemClock.now() + ahead};
    const session = await connect({...loginTo(simulator), clock});
    try {
      await use(session, simulator, (seconds) => {
        ahead += seconds * 1000;
      });
    } finally {
      await session.close();
    }
  });
}

describe('the bytes on the appliance', () => {
  it("of an upgrade's lock are those that earlier releases read", async () => {
    await withVch({}, async (session, simulator) => {
      let raw = '';
      await upgrade(session, {
        changeId: 'CHG-1',
        ...at('snapshot', () => {
          raw = applianceKeys(simulator)[LOCK] ?? '';
        }),
      });
      const found = JSON.parse(raw);
      expect(raw).to.equal(
        `{"boot":${JSON.stringify(found.boot)},"changeId":"CHG-1","counter":3,"host":"${found.host}","id":"${found.id}","lease":900,` +
          `"owner":"${found.owner}","phase":"snapshot","pid":${process.pid},"pidNamespace":${JSON.stringify(found.pidNamespace)},"run":"${found.run}",` +
          `"since":"${found.since}","started":${JSON.stringify(found.started)},"stopped":false,"tool":"${found.tool}","user":"${simulator.user}"}`,
      );
      expect(found.owner).to.match(new RegExp(`^.+@${found.host}$`));
      expect(found.tool).to.match(/^vch-migrate \d/);
      expect(found.id).to.match(/^[0-9a-f-]{36}$/);
      expect(new Date(found.since).toISOString()).to.equal(found.since);
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
