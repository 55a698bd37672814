import {existsSync, readFileSync} from 'node:fs';
import {chmod} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {credentials} from '../../src/fleet/credentials.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

const none = {file: undefined, program: undefined, variables: {}};
const LOGIN = {user: 'u', password: 'p:"x'};

describe('fleet/credentials', () => {
  it('finds a login in the file, else in the environment, else by the program; and nothing elsewhere', () =>
    withDirectory(
      {
        'logins.yaml': "emea-1: {user: u, password: 'p:\"x'}\n",
        ask: '#!/bin/sh\n[ "$1" = us ] || exit 1\necho \'{"user": "u", "password": "p:\\"x"}\'\n',
      },
      async (folder) => {
        const file = join(folder, 'logins.yaml');
        const program = join(folder, 'ask');
        await chmod(file, 0o600);
        await chmod(program, 0o700);
        const variables = {VCH_MIGRATE_CRED_VC_2_USER: 'u', VCH_MIGRATE_CRED_VC_2_PASSWORD: LOGIN.password};
        const find = credentials({file, program, variables});
        for (const name of ['emea-1', 'vc.2', 'us']) expect(await find(name), name).to.deep.equal(LOGIN);
        expect(await find('other')).to.equal(null);
        expect(await credentials(none)('constructor')).to.equal(null);
      },
    ));

  it('takes a file of systemd, which a group can read, from the folder that only the service can enter', () =>
    withDirectory({'logins.yaml': 'a: {user: u, password: p}\n'}, async (folder) => {
      const file = join(folder, 'logins.yaml');
      await chmod(file, 0o440);
      const find = credentials({...none, file, variables: {CREDENTIALS_DIRECTORY: folder}});
      expect(await find('a')).to.deep.equal({user: 'u', password: 'p'});
      expect(() => credentials({...none, file})).to.throw('chmod 600');
    }));

  it('refuses a file that others can read, or that is none, without showing any of it', () =>
    withDirectory(
      {'open.yaml': 'a: {user: u, password: secret}\n', 'wrong.yaml': 'a: secret\n'},
      async (folder) => {
        await chmod(join(folder, 'open.yaml'), 0o644);
        await chmod(join(folder, 'wrong.yaml'), 0o600);
        for (const [name, words] of [
          ['open.yaml', 'chmod 600'],
          ['wrong.yaml', 'a is not an object'],
          ['none.yaml', 'no such file'],
        ] as const) {
          expect(() => credentials({...none, file: join(folder, name)}))
            .to.throw(words)
            .and.satisfy(({message}: Error) => !message.includes('secret'));
        }
      },
    ));

  it('says which program failed, and not what it printed', () =>
    withDirectory({ask: '#!/bin/sh\necho secret; exit 7\n'}, async (folder) => {
      const program = join(folder, 'ask');
      await chmod(program, 0o700);
      const error = await rejection(credentials({...none, program})('a'));
      expect(error.message).to.contain('it ended with 7').and.not.contain('secret');
    }));

  it('ends a program, and what it has started, at the signal, whatever it does', () =>
    withDirectory(
      {ask: '#!/bin/sh\ntrap "" TERM INT\nsleep 600 &\necho $! >"$0.pid"\nwait\n'},
      async (folder) => {
        const program = join(folder, 'ask');
        await chmod(program, 0o700);
        const stop = new AbortController();
        const found = rejection(credentials({...none, program})('a', stop.signal));
        while (!existsSync(`${program}.pid`) || readFileSync(`${program}.pid`, 'utf8') === '')
          await sleep(10);
        stop.abort();
        expect((await found).message).to.contain('gave no login for a: it was stopped');
        const pid = readFileSync(`${program}.pid`, 'utf8').trim();
        // Nobody may have taken note of its end yet.
        const isGone = () =>
          !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
        while (!isGone()) await sleep(10);
      },
    ));
});
