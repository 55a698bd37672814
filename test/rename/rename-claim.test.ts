import {spawnSync} from 'node:child_process';
import {hostname} from 'node:os';
import {expect} from 'chai';
import {findLease} from '../../src/appliance/lease.js';
import {thisMachine} from '../../src/appliance/machine.js';
import {findVch} from '../../src/inventory/find-vch.js';
import {type Logger, silent} from '../../src/log.js';
import {
  type ClaimOptions,
  encodeUnfinished,
  RENAME_CLAIM,
  type RenameClaim,
  type RenameRecord,
  unfinishedIn,
  withRenameClaim,
} from '../../src/rename/rename-claim.js';
import {claimFindings} from '../../src/rename/rename-unfinished.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {APPLIANCE, CLAIM, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {containerIdOf, smallVch, withSession} from '../small-vch.js';

const fixture = smallVch([]);
const THEIRS = claimOf(60);
const RENAME = {container: containerIdOf('web'), from: 'web', to: 'shop'};

function claimOf(lease: number): string {
  return JSON.stringify({
    id: 'somebody-else',
    owner: 'ann on elsewhere',
    rename: {container: containerIdOf('x'), from: 'x', to: 'yy'},
    lease,
    counter: 0,
  });
}

function claimNow(simulator: Simulator): string | undefined {
  return simulator.inventory.vm(APPLIANCE).extraConfig()[CLAIM];
}

function unfinishedNow(simulator: Simulator): readonly RenameRecord[] {
  return unfinishedIn(simulator.inventory.vm(APPLIANCE).extraConfig());
}

function setClaim(simulator: Simulator, claim: string | null): void {
  simulator.inventory.vm(APPLIANCE).change({[CLAIM]: claim});
}

async function claiming<T>(
  session: Session,
  use: (claim: RenameClaim) => Promise<T>,
  options: Partial<ClaimOptions> = {},
): Promise<T> {
  const found = await findVch(session, vch);
  const base = {runId: 'r', user: 'bob', toolVersion: '1', rename: RENAME, log: silent};
  return withRenameClaim(session, found.vch, {...base, ...options}, use);
}

/** Resolves when the simulator is about to carry out the n-th write to the appliance from now on. */
function nthWrite(simulator: Simulator, nth: number): Promise<void> {
  return new Promise((resolve) => {
    const rule = {method: 'ReconfigVM_Task', object: APPLIANCE, nth, before: () => resolve()};
    simulator.addFault(rule);
  });
}

function collector(): {readonly log: Logger; readonly lines: string[]} {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return {log: {error: add, warn: add, info: add, debug: () => undefined}, lines};
}

describe('rename: the claim of a rename', () => {
  it('stands on the appliance for as long as it is used, and names its owner', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const options = {rename: {...RENAME, from: 'wéb'}};
      const done = await claiming(
        session,
        async ({appliance, assertHeld}) => {
          await assertHeld();
          const raw = claimNow(simulator) ?? '';
          const {id, time, boot, pidNamespace, started} = JSON.parse(raw);
          expect({host: hostname(), boot, pidNamespace}).to.deep.equal(thisMachine());
          // Releases before this one read it.
          expect(raw).to.equal(
            `{"boot":${JSON.stringify(boot)},"counter":0,"host":"${hostname()}","id":"${id}","lease":30,"owner":"bob on ${hostname()}, pid ${process.pid}",` +
              `"pid":${process.pid},"pidNamespace":${JSON.stringify(pidNamespace)},"rename":{"container":"${containerIdOf('web')}","from":"w\\u00e9b","to":"shop"},"run":"r","started":${JSON.stringify(started)},"time":"${time}","tool":"1","unfinished":[]}`,
          );
          expect(id).to.match(/^[0-9a-f-]{36}$/);
          expect(new Date(time).toISOString()).to.equal(time);
          return appliance.powerState;
        },
        options,
      );
      expect(done).to.equal('poweredOn');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is given back when what it was used for fails', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const failed = claiming(session, () => Promise.reject(new Error('as it happens')));
      expect(await failed.catch(String)).to.equal('Error: as it happens');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('waits for one that lives, and is made when that is gone', async () => {
    await withSession({fixture}, async (session, simulator) => {
      setClaim(simulator, THEIRS);
      const {log, lines} = collector();
      let reads = 0;
      simulator.addFault({
        method: 'RetrievePropertiesEx',
        before: () => {
          reads += lines.length;
          if (reads === 2) setClaim(simulator, null);
        },
      });
      await claiming(session, async () => expect(claimNow(simulator)).to.include('bob'), {log});
      expect(lines).to.deep.equal([
        'vch1 (vm-100): waiting for a rename: x to yy, claimed by ann on elsewhere at an unknown time',
      ]);
    });
  });

  it('takes over a dead one after its lease, and says whose it was', async () => {
    await withSession({fixture}, async (session, simulator) => {
      setClaim(simulator, claimOf(0.2));
      const {log, lines} = collector();
      await claiming(session, async () => expect(claimNow(simulator)).to.include('bob'), {log});
      expect(lines.filter((line) => /^taking over .*ann on elsewhere/.test(line))).to.have.length(1);
    });
  });

  it('takes over at once where its owner was on this machine and is gone, and every command says so', async () => {
    const {pid} = spawnSync(process.execPath, ['--version']);
    await withSession({fixture}, async (session, simulator) => {
      setClaim(simulator, JSON.stringify({...JSON.parse(claimOf(600)), ...thisMachine(), pid, started: '1'}));
      const {vch: found} = await findVch(session, vch);
      expect(claimFindings(found)[0]?.message).to.include('its owner is no longer running');
      const {log, lines} = collector();
      await claiming(session, async () => expect(claimNow(simulator)).to.include('bob'), {log});
      expect(lines.filter((line) => /^taking over .*ann on elsewhere/.test(line))).to.have.length(1);
    });
  });

  it('hands on what a dead one was made for, through its own end and while it is used', async () => {
    await withSession({fixture}, async (session, simulator) => {
      setClaim(simulator, claimOf(0.2));
      const theirs = {container: containerIdOf('x'), from: 'x', to: 'yy'};
      await claiming(session, async ({unfinished}) => {
        expect(unfinished).to.deep.equal([theirs]);
        expect(unfinishedNow(simulator)).to.deep.equal([theirs, RENAME]);
      });
      expect(claimNow(simulator)).to.equal(encodeUnfinished([theirs]));
      await claiming(session, async ({unfinished, leave}) => {
        expect(unfinished).to.deep.equal([theirs]);
        leave([RENAME]);
      });
      expect(claimNow(simulator)).to.equal(encodeUnfinished([RENAME]));
      await claiming(session, async ({leave}) => leave([]));
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('says what it is for once more before that is done, should it be another thing by now', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const writes = () => simulator.inventory.vm(APPLIANCE).reconfigurations;
      await claiming(session, async ({announce}) => {
        await announce(RENAME);
        expect(writes()).to.equal(1);
        const another = {...RENAME, from: 'other'};
        simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, nth: 1, do: 'drop-after'});
        await announce(another);
        expect(writes()).to.equal(2);
        expect(unfinishedNow(simulator)).to.deep.equal([another]);
        setClaim(simulator, THEIRS);
        expect((await rejection(announce(another))).code).to.equal('VCH_ERR_LOCK_LOST');
      });
      expect(claimNow(simulator)).to.equal(THEIRS);
    });
  });

  it('takes none over that is renewed within its lease', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const {log, lines} = collector();
      let polls = 0;
      setClaim(simulator, claimOf(0.4));
      simulator.addFault({
        method: 'RetrievePropertiesEx',
        before: () => {
          if (lines.length > 0) polls += 1;
          if (polls > 0 && polls < 5) setClaim(simulator, `${claimOf(0.4).slice(0, -1)},"n":${polls}}`);
          if (polls === 5) setClaim(simulator, null);
        },
      });
      await claiming(session, async () => undefined, {log});
      expect(polls).to.be.at.least(5);
      expect(lines.filter((line) => line.startsWith('taking over'))).to.deep.equal([]);
    });
  });

  it('stops waiting when it is told to, and leaves the other one alone', async () => {
    await withSession({fixture}, async (session, simulator) => {
      setClaim(simulator, THEIRS);
      const stop = new AbortController();
      const log: Logger = {...silent, info: () => stop.abort()};
      const error = await rejection(claiming(session, async () => undefined, {log, signal: stop.signal}));
      expect(error.code).to.equal('VCH_ERR_INTERRUPTED');
      expect(claimNow(simulator)).to.equal(THEIRS);
    });
  });

  it('is renewed while it is used', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const third = nthWrite(simulator, 3);
      const counter = await claiming(
        session,
        async ({assertHeld}) => {
          // The time passes only while somebody sleeps.
          await Promise.race([third, session.clock.sleep(10_000)]);
          await assertHeld();
          return /"counter":(\d+)/.exec(claimNow(simulator) ?? '')?.[1];
        },
        {lease: 0.3},
      );
      expect(Number(counter)).to.be.at.least(2);
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is lost when somebody has taken it over, and then not taken back', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const error = await rejection(
        claiming(session, async ({assertHeld}) => {
          setClaim(simulator, THEIRS);
          await assertHeld();
        }),
      );
      expect(error.code).to.equal('VCH_ERR_LOCK_LOST');
      expect(claimNow(simulator)).to.equal(THEIRS);
    });
  });

  for (const fault of ['drop-after', 'drop-before'] as const) {
    it(`is made and given back once when the answers are lost (${fault})`, async () => {
      await withSession({fixture}, async (session, simulator) => {
        simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, nth: 1, do: fault});
        await claiming(session, async ({assertHeld}) => {
          await assertHeld();
          simulator.clearFaults();
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, nth: 1, do: fault});
        });
        expect(claimNow(simulator)).to.equal(undefined);
        expect(simulator.inventory.vm(APPLIANCE).reconfigurations).to.equal(2);
      });
    });
  }

  it('is given up, and not left behind, where it never lasts', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const remove = () => {
        if (claimNow(simulator) !== undefined) setClaim(simulator, null);
      };
      simulator.addFault({method: 'RetrievePropertiesEx', before: remove});
      const error = await rejection(claiming(session, async () => undefined));
      expect(error.code).to.equal('VCH_ERR_VERIFY');
      expect(simulator.inventory.vm(APPLIANCE).reconfigurations).to.equal(3);
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is given up where no write of it is ever answered or carried out', async () => {
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: 'drop-before'});
      const error = await rejection(claiming(session, async () => undefined));
      expect(error.code).to.equal('VCH_ERR_TRANSPORT');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('decides anew when the appliance moves on under it', async () => {
    await withSession({fixture}, async (session, simulator) => {
      let n = 0;
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: APPLIANCE,
        times: 3,
        do: {delay: 0},
        before: () => {
          n += 1;
          simulator.inventory.vm(APPLIANCE).change({noise: String(n)});
        },
      });
      await claiming(session, async () => expect(claimNow(simulator)).to.include('bob'));
      expect(n).to.equal(3);
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('says that an announcement has no effect instead of repeating it for ever', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const error = await rejection(
        claiming(session, async ({announce}) => {
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, times: 3, do: 'ignore'});
          await announce({...RENAME, from: 'other'});
        }),
      );
      expect(error.code).to.equal('VCH_ERR_VERIFY');
      expect(claimNow(simulator)).to.equal(undefined);
    });
  });

  it('is given up at once where a privilege is missing, its release too', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const {log, lines} = collector();
      let writes = 0;
      await claiming(
        session,
        async () => {
          const fault = {fault: 'NoPermission', as: 'task'} as const;
          const before = () => {
            writes += 1;
          };
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: fault, before});
        },
        {log},
      );
      expect(writes).to.equal(1);
      expect(lines.filter((line) => line.includes('could not be released'))).to.have.length(1);
    });
  });

  it('is refused by an appliance that takes no writes while it runs, by name of the way out', async () => {
    const [appliance] = fixture.vms ?? [];
    if (appliance === undefined) throw new Error('a small VCH has an appliance');
    const stubborn = {...fixture, vms: [{...appliance, refusesWritesWhilePoweredOn: true}]};
    await withSession({fixture: stubborn}, async (session) => {
      const error = await rejection(claiming(session, async () => undefined));
      expect(error.code).to.equal('VCH_ERR_NEEDS_POWER_OFF');
      expect(error.message).to.include('vch1 (vm-100)');
    });
  });
});

const rename = {container: containerIdOf('web'), from: 'wéb', to: 'shop'};
const other = {container: containerIdOf('db'), from: 'db', to: 'pg'};
const claim = {
  id: 'c1',
  owner: 'ann',
  rename,
  run: 'r',
  tool: '1',
  lease: 45,
  counter: 2,
  time: 't',
  unfinished: [],
};
const parse = (raw: string | undefined) => findLease(RENAME_CLAIM, raw === undefined ? {} : {[CLAIM]: raw});
const left = (raw: string) => unfinishedIn({[CLAIM]: raw});

describe('rename: the text of a rename claim', () => {
  for (const raw of [undefined, '', '<nil>', encodeUnfinished([rename]) ?? '']) {
    it(`is no claim where there is ${raw?.slice(0, 16)}`, () => expect(parse(raw)).to.equal(null));
  }

  for (const raw of [
    'x',
    '{',
    '[]',
    'null',
    '{"id":5,"lease":"soon"}',
    '{"lease":-1}',
    '{"lease":1e9}',
    '{"unfinished":5}',
    '{"unfinished":[],"x":1}',
  ]) {
    it(`takes ${raw} for a claim that does not say whose, nor for how long`, () => {
      expect(parse(raw)).to.deep.include({
        id: null,
        owner: null,
        since: null,
        leaseTime: RENAME_CLAIM.leaseTime,
        seen: {rename: null},
      });
      expect(left(raw)).to.deep.equal([]);
    });
  }

  it('hands on what is not finished: what was left before, and what a dead owner was at', () => {
    expect(left(encodeUnfinished([other, rename]) ?? '')).to.deep.equal([other, rename]);
    expect(left(JSON.stringify({...claim, unfinished: [other]}))).to.deep.equal([other, rename]);
    const later = {...rename, to: 'store'};
    expect(left(JSON.stringify({...claim, unfinished: [rename, other], rename: later}))).to.deep.equal([
      later,
      other,
    ]);
  });

  it('hands on nothing that we could not have written, for it would stand in a command', () => {
    for (const odd of [
      {...rename, container: 'web'},
      {...rename, from: ''},
      {...rename, to: 'x; rm -rf'},
      {...rename, to: 5},
      null,
      'x',
    ]) {
      expect(left(JSON.stringify({unfinished: [odd, other]}))).to.deep.equal([other]);
    }
  });
});
