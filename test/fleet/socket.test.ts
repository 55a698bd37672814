import {mkdirSync, statSync} from 'node:fs';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import type {FleetDatabase, Statements} from '../../src/fleet/database.js';
import {connectSocket, serveSocket} from '../../src/fleet/socket.js';
import {stateDirectory} from '../../src/fleet/state-directory.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

const REFUSED = 'the embedded database refuses a statement';

/** A database that answers every query with its SQL, refuses `bad`, and ends transactions as `ending` says. */
function answering(ending: {begin?: Error; commit?: Error} = {}): FleetDatabase & {readonly log: string[]} {
  const log: string[] = [];
  const statements: Statements = {
    async query(sql) {
      if (sql === 'bad') throw new VchError('VCH_ERR_INTERNAL', REFUSED);
      log.push(sql);
      return [{sql}];
    },
    script: async (sql) => void log.push(sql),
  };
  return {
    ...{name: 'fake', log, ...statements},
    async transaction(work) {
      if (ending.begin) throw ending.begin;
      try {
        const result = await work(statements);
        if (ending.commit) throw ending.commit;
        log.push('COMMIT');
        return result;
      } catch (error) {
        log.push('ROLLBACK');
        // As the embedded one tells whatever is no error of ours.
        throw error instanceof VchError ? error : new VchError('VCH_ERR_INTERNAL', REFUSED, {cause: error});
      }
    },
    close: async () => undefined,
  };
}

function withSocket(database: FleetDatabase, use: (client: FleetDatabase) => Promise<void>): Promise<void> {
  return withDirectory({}, async (folder) => {
    const directory = stateDirectory(`${folder}/s`);
    mkdirSync(directory.path);
    const server = await serveSocket(database, directory);
    const client = await connectSocket(directory);
    try {
      expect(statSync(directory.socket).mode & 0o777).to.equal(0o600);
      await use(client);
      // It goes on, whatever came before.
      expect(await client.query('SELECT 1')).to.deep.equal([{sql: 'SELECT 1'}]);
    } finally {
      await client.close();
      await server.close();
    }
  });
}

describe('fleet/socket', () => {
  it('carries out transactions of other commands', () => {
    const database = answering();
    return withSocket(database, async (client) => {
      expect(await client.transaction(async ({query}) => query('one'))).to.deep.equal([{sql: 'one'}]);
      expect(database.log).to.deep.equal(['one', 'COMMIT']);
    });
  });

  it('rolls back what its client gives up, and tells the client’s own reason', () => {
    const database = answering();
    return withSocket(database, async (client) => {
      const error = await rejection(
        client.transaction(async ({query}) => {
          await query('one');
          throw new VchError('VCH_ERR_CONFLICT', 'it is done already');
        }),
      );
      expect([error.code, error.message]).to.deep.equal(['VCH_ERR_CONFLICT', 'it is done already']);
      expect(database.log).to.deep.equal(['one', 'ROLLBACK']);
    });
  });

  it('tells once that a statement is refused', () => {
    const database = answering();
    return withSocket(database, async (client) => {
      const error = await rejection(client.transaction(async ({query}) => query('bad')));
      expect(error.message).to.equal(REFUSED);
      expect((await rejection(client.query('bad'))).message).to.equal(REFUSED);
    });
  });

  for (const end of ['begin', 'commit'] as const)
    it(`tells that the ${end} of a transaction failed`, () => {
      const database = answering({[end]: new Error('the disk is full')});
      return withSocket(database, async (client) => {
        const error = await rejection(client.transaction(async ({query}) => query('one')));
        expect(error.code).to.equal('VCH_ERR_INTERNAL');
      });
    });
});
