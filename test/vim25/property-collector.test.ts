import {expect} from 'chai';
import {
  extraConfigPath,
  type ObjectContent,
  readEach,
  retrieveOnce,
  withContainerView,
} from '../../src/vim25/property-collector.js';
import {optionValue, textValue} from '../../src/vim25/property-value.js';
import type {Session} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const KEY = 'guestinfo.vice./common/name';
const many = Array.from({length: 250}, (_, i) => ({name: `c${i}`}));

function read<T>(
  session: Session,
  paths: readonly string[],
  map: (content: ObjectContent) => T,
): Promise<T[]> {
  return withContainerView(session, session.content.rootFolder, 'VirtualMachine', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'VirtualMachine', pathSet: paths}],
      map,
    ),
  );
}

const names = (session: Session) =>
  read(session, ['name'], (content) => textValue(content.properties.get('name')));

describe('vim25/property-collector', () => {
  it('reads every page of a server that makes them smaller than asked for', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 60})}, async (session, simulator) => {
      const found = await names(session);
      expect(new Set(found).size).to.equal(251);
      expect(simulator.requests.count('ContinueRetrievePropertiesEx')).to.equal(4);
      expect(simulator.openTokens).to.equal(0);
      expect(simulator.views).to.equal(0);
    });
  });

  it('asks for large pages by itself', async () => {
    await withSession({fixture: smallVch(many)}, async (session, simulator) => {
      await names(session);
      expect(simulator.requests.count('ContinueRetrievePropertiesEx')).to.equal(0);
    });
  });

  it('asks for few of many objects first, and for all of them once', async () => {
    const fixture = smallVch(Array.from({length: 1_000}, (_, i) => ({name: `c${i}`})));
    await withSession({fixture}, async (session, simulator) => {
      const refs = await read(session, ['name'], ({obj}) => obj);
      const before = simulator.requests.count('RetrievePropertiesEx');
      const asked: number[] = [];
      const call = session.call.bind(session);
      session.call = (method, object, args, streamed) => {
        asked.push(JSON.stringify(args).split('<objectSet>').length - 1);
        return call(method, object, args, streamed);
      };
      const found = await readEach(session, refs, ['name'], ({properties}) =>
        textValue(properties.get('name')),
      );
      expect(asked).to.deep.equal([63, 125, 188, 250, 250, 125]);
      expect(simulator.requests.count('RetrievePropertiesEx') - before).to.equal(asked.length);
      expect(new Set(found.keys())).to.deep.equal(new Set(refs.map(({value}) => value)));
    });
  });

  it('asks for no more at a time than a server has shown that it sends: a token is for the answer before it', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 60})}, async (session, simulator) => {
      const refs = await read(session, ['name'], ({obj}) => obj);
      simulator.requests.reset();
      const found = await readEach(session, refs, ['name'], () => true);
      expect(found.size).to.equal(251);
      expect(simulator.requests.count('ContinueRetrievePropertiesEx')).to.equal(0);
      expect(simulator.requests.count('RetrievePropertiesEx')).to.equal(6);
    });
  });

  it('gives an absent key no entry, and a key of blanks its value', async () => {
    const fixture = smallVch([
      {name: 'a', legacyName: '   '},
      {name: 'b', legacyName: null},
    ]);
    await withSession({fixture}, async (session) => {
      const values = await read(session, ['name', extraConfigPath(KEY)], (content) => ({
        name: textValue(content.properties.get('name')),
        value: optionValue(content.properties.get(extraConfigPath(KEY)))?.value,
      }));
      expect(values.find(({name}) => name === 'a')?.value).to.equal('   ');
      expect(values.find(({name}) => name === 'b')?.value).to.equal(undefined);
    });
  });

  it('keeps a value of more than 64 KiB whole', async () => {
    const value = `<${'y'.repeat(70_000)}>&${'z'.repeat(70_000)}`;
    await withSession({fixture: smallVch([{name: 'a', legacyName: value}])}, async (session) => {
      const values = await read(
        session,
        [extraConfigPath(KEY)],
        (content) => optionValue(content.properties.get(extraConfigPath(KEY)))?.value,
      );
      expect(values.includes(value)).to.equal(true);
    });
  });

  it('begins anew when the session ends between two pages', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 100})}, async (session, simulator) => {
      let pages = 0;
      simulator.addFault({
        method: 'ContinueRetrievePropertiesEx',
        nth: 1,
        do: {fault: 'NotAuthenticated'},
        before: () => {
          pages += 1;
          simulator.expireSessions();
        },
      });
      expect(new Set(await names(session)).size).to.equal(251);
      expect(pages).to.equal(1);
    });
  });

  it('begins a long read anew several times when the session keeps ending, and says so in the end', async () => {
    for (const ends of [5, 6]) {
      await withSession({fixture: smallVch(many, {pageLimit: 100})}, async (session, simulator) => {
        let reads = 0;
        let ending = false;
        simulator.addFault({
          method: 'RetrievePropertiesEx',
          before: () => {
            reads += 1;
            ending = reads <= ends;
          },
          do: {delay: 10_000},
        });
        simulator.addFault({
          method: 'ContinueRetrievePropertiesEx',
          before: () => {
            if (ending) simulator.expireSessions();
            ending = false;
          },
        });
        const reading = names(session);
        if (ends === 5) expect(await reading).to.have.length(251);
        else
          expect((await rejection(reading)).message).to.match(
            /^127\.0\.0\.1:\d+ ended the session in the middle of a read: ContinueRetrievePropertiesEx on /,
          );
      });
    }
  });

  it('begins anew when the connection breaks between two pages', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 100})}, async (session, simulator) => {
      simulator.addFault({method: 'ContinueRetrievePropertiesEx', nth: 1, do: 'drop-after'});
      const found = await names(session);
      expect(found).to.have.length(251);
      expect(new Set(found).size).to.equal(251);
    });
  });

  it('reads on without pages where a user without Read on the root folder is refused them', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 100})}, async (session, simulator) => {
      simulator.addFault({method: 'ContinueRetrievePropertiesEx', do: {fault: 'NoPermission'}});
      const found = await names(session);
      expect(found).to.have.length(251);
      expect(new Set(found).size).to.equal(251);
      expect(simulator.openTokens).to.equal(0);
    });
  });

  it('gives up, and cancels its token, when the map throws', async () => {
    await withSession({fixture: smallVch(many, {pageLimit: 100})}, async (session, simulator) => {
      const boom = new Error('boom');
      const outcome = await read(session, ['name'], () => {
        throw boom;
      }).catch((error: unknown) => error);
      expect(outcome).to.equal(boom);
      expect(simulator.openTokens).to.equal(0);
      expect(simulator.views).to.equal(0);
    });
  });

  it('names the fault of an unknown property', async () => {
    await withSession({fixture: smallVch([{name: 'a'}])}, async (session) => {
      const error = await rejection(read(session, ['no.such.property'], () => null));
      expect(error).to.include({code: 'VCH_ERR_VIM_FAULT', fault: 'InvalidProperty'});
    });
  });
});
