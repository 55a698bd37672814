import {createHash, randomBytes} from 'node:crypto';
import {stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {FaultAction, Simulator} from '../../src/simulator/simulator.js';
import {
  type DatastoreFile,
  datastoreFileSize,
  deleteDatastoreFile,
  type UploadOptions,
  uploadDatastoreFile,
} from '../../src/vim25/datastore-file.js';
import {retrieveProperties} from '../../src/vim25/property-collector.js';
import {refValues} from '../../src/vim25/property-value.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {rejection} from '../rejection.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';

const CONTENT = randomBytes(2_500_000);
const FILE: DatastoreFile = {dcPath: '/dc1', dsName: 'datastore1', path: 'vch1/new file #1 ü%2f?.iso'};
const READER = {user: 'reader', password: 'p'};

interface Trial {
  readonly session: Session;
  readonly simulator: Simulator;
  readonly upload: (given?: Partial<UploadOptions>) => ReturnType<typeof uploadDatastoreFile>;
  /** Sizes and digests of the files that are there under the name. */
  readonly there: () => readonly (readonly [number, string])[];
}

/** A simulator, a session with it and a local file to upload. */
function withTrial(
  use: (trial: Trial) => Promise<void>,
  {user, requestTimeout}: {user?: typeof READER; requestTimeout?: number} = {},
): Promise<void> {
  const vch = smallVch([]);
  const fixture: Fixture = {
    ...vch,
    roles: [
      {name: 'reader', privileges: ['System.Anonymous', 'System.View', 'System.Read', 'Datastore.Browse']},
    ],
    users: [...(vch.users ?? []), {...READER, role: 'reader'}],
  };
  return withDirectory({}, async (directory) => {
    const source = join(directory, 'local.iso');
    await writeFile(source, CONTENT);
    await withSimulator({fixture}, async (simulator) => {
      const session = await connect({
        ...loginTo(simulator),
        retryFor: 45_000,
        ...user,
        ...(requestTimeout === undefined ? {} : {requestTimeout}),
      });
      try {
        await use({
          session,
          simulator,
          upload: (given = {}) =>
            uploadDatastoreFile(session, FILE, {source, size: CONTENT.length, ...given}),
          there: () =>
            simulator
              .files('datastore1')
              .filter(({path}) => path === FILE.path)
              .map(({size, sha256}) => [size, sha256]),
        });
      } finally {
        await session.close();
      }
    });
  });
}

const WHOLE = [[CONTENT.length, createHash('sha256').update(CONTENT).digest('hex')]];

describe('vim25/datastore-file', () => {
  it('sends a file as it is, tells how far it is, and keeps it when it is there', async () => {
    await withTrial(async ({session, simulator, upload, there}) => {
      expect(await datastoreFileSize(session, FILE)).to.equal(null);
      const sent: number[] = [];
      await upload({progress: (bytes) => sent.push(bytes)});
      expect(there()).to.deep.equal(WHOLE);
      expect(sent.at(-1)).to.equal(CONTENT.length);
      expect(sent).to.deep.equal([...sent].sort((a, b) => a - b));
      expect(await datastoreFileSize(session, FILE)).to.equal(CONTENT.length);
      await upload();
      expect(simulator.requests.count('PUT /folder')).to.equal(1);
    });
  });

  it('deletes it', async () => {
    await withTrial(async ({session, upload, there}) => {
      await upload();
      const task = await deleteDatastoreFile(session, await datacenterOf(session), FILE);
      await new TaskWaiter(session).wait(task, 'deleting it');
      expect(there()).to.deep.equal([]);
    });
  });

  const RETRIED: Readonly<Record<string, {readonly action: FaultAction; readonly puts: number}>> = {
    'a connection that breaks on the way': {action: {cutAfter: 1_000_000}, puts: 2},
    'a connection that breaks at once': {action: 'drop-before', puts: 2},
    'an answer that is lost': {action: 'drop-after', puts: 1},
    'a server that says 503': {action: 'http-503', puts: 2},
    'a file that is taken and not stored': {action: 'ignore', puts: 2},
  };
  for (const [what, {action, puts}] of Object.entries(RETRIED)) {
    it(`gets over ${what}`, async () => {
      await withTrial(async ({simulator, upload, there}) => {
        simulator.addFault({method: 'PUT /folder', nth: 1, do: action});
        await upload();
        expect(there()).to.deep.equal(WHOLE);
        expect(simulator.requests.count('PUT /folder')).to.equal(puts);
      });
    });
  }

  it('gets over a server that takes it and says nothing', async () => {
    await withTrial(
      async ({simulator, upload, there}) => {
        simulator.addFault({method: 'PUT /folder', nth: 1, do: 'hang'});
        await upload();
        expect(there()).to.deep.equal(WHOLE);
      },
      {requestTimeout: 500},
    );
  });

  it('gives up once its time is over', async () => {
    await withTrial(async ({simulator, upload}) => {
      simulator.addFault({method: 'PUT /folder', do: {cutAfter: 1000}});
      expect((await rejection(upload())).code).to.equal('VCH_ERR_TRANSPORT');
      expect(simulator.requests.count('PUT /folder')).to.equal(7);
    });
  });

  it('logs in again when the session has ended', async () => {
    await withTrial(async ({session, simulator, upload, there}) => {
      simulator.expireSessions();
      await upload();
      expect(there()).to.deep.equal(WHOLE);
      expect(session.generation).to.equal(1);
    });
  });

  it('asks once where the user may not, and names the privileges', async () => {
    await withTrial(
      async ({simulator, upload}) => {
        const error = await rejection(upload());
        expect(error.code).to.equal('VCH_ERR_PRIVILEGE');
        expect(error.message).to.contain('Datastore.FileManagement');
        expect(simulator.requests.count('PUT /folder')).to.equal(1);
      },
      {user: READER},
    );
  });

  it('stops when it is told to', async () => {
    await withTrial(async ({simulator, upload}) => {
      const stop = new AbortController();
      const error = await rejection(upload({progress: () => stop.abort(), signal: stop.signal}));
      expect(error.code).to.equal('VCH_ERR_INTERRUPTED');
      expect((await rejection(upload({signal: stop.signal}))).code).to.equal('VCH_ERR_INTERRUPTED');
      expect(simulator.requests.count('PUT /folder')).to.be.at.most(1);
    });
  });

  it('does not go on with a local file that is gone or another one', async () => {
    await withTrial(async ({upload, there}) => {
      const refused = async (given: Partial<UploadOptions>) =>
        expect((await rejection(upload(given))).code, JSON.stringify(given)).to.equal('VCH_ERR_USAGE');
      await refused({source: '/nowhere.iso'});
      await refused({size: CONTENT.length - 1});
      expect(there()).not.to.deep.equal(WHOLE);
      // All that there is may arrive before the missing byte is noticed.
      await refused({size: CONTENT.length + 1});
    });
  });

  it('says so where there is no such datastore', async () => {
    await withTrial(async ({session}) => {
      const source = 'package.json';
      const {size} = await stat(source);
      const upload = uploadDatastoreFile(session, {...FILE, dsName: 'none'}, {source, size});
      expect((await rejection(upload)).message).to.contain('there is no datastore none in /dc1');
    });
  });
});

async function datacenterOf(session: Session) {
  const [children = []] = await retrieveProperties(
    session,
    [{obj: session.content.rootFolder}],
    [{type: 'Folder', pathSet: ['childEntity']}],
    ({properties}) => refValues(properties.get('childEntity')),
  );
  return children[0] ?? null;
}
