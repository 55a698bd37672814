import {expect} from 'chai';
import {connectionOf, openPostgres, postgresOptions} from '../../src/fleet/postgres.js';
import {vchMigrate} from '../on-simulator.js';
import {startForwarder} from './forwarder.js';
import {describeWithPostgres} from './postgres-server.js';

describe('fleet/postgres', () => {
  it('encrypts every connection to another machine, and checks its certificate', () => {
    for (const url of [
      'postgres://fleet@db.example/fleet',
      'postgres://fleet@db.example/fleet?sslmode=require',
      'postgresql://10.0.0.1/x?sslmode=verify-full',
    ])
      expect(postgresOptions(url).ssl, url).to.deep.equal({rejectUnauthorized: true});
    for (const url of [
      'postgres://fleet@localhost/fleet',
      'postgres://127.0.0.1:5433/x',
      'postgres://[::1]/x',
      'postgres:///x?host=/run/postgresql',
    ])
      expect(postgresOptions(url).ssl, url).to.equal(undefined);
  });

  it('refuses a connection that would not be encrypted, and what is no database', () => {
    expect(() => postgresOptions('postgres://db.example/fleet?sslmode=disable')).to.throw(
      'must be encrypted',
    );
    expect(() => postgresOptions('postgres://127.0.0.1.evil.example/x?sslmode=disable')).to.throw(
      'must be encrypted',
    );
    expect(() => postgresOptions('postgres://db.example/fleet?sslmode=prefer')).to.throw(
      'has the sslmode prefer',
    );
    expect(() => postgresOptions('mysql://db.example/fleet')).to.throw('postgres://');
  });

  it('has a name for messages that is without user and password', () => {
    expect(postgresOptions('postgres://fleet:secret@db.example:5433/fleet').name).to.equal(
      'db.example:5433/fleet',
    );
  });

  it('refuses a password where it would be shown, and takes one that is not encoded', async () => {
    const status = (url: string) => vchMigrate(['fleet', 'status', '--database', url]);
    const parameter = await status('postgres://fleet@127.0.0.1:1/fleet?password=Zebra-9crossing');
    expect(parameter.code).to.equal(5);
    expect(parameter.stderr).to.contain('use PGPASSWORD').and.not.contain('Zebra');
    const raw = await status('postgres://fleet:a%bZebra-9crossing@127.0.0.1:1/fleet');
    expect(raw.stderr).to.contain('127.0.0.1:1').and.not.contain('VCH_ERR_INTERNAL').and.not.contain('Zebra');
  });
});

describeWithPostgres('fleet/postgres with a server', (server) => {
  it('gives up a connection that says nothing, also in a transaction, and goes on with another', async () => {
    await using forwarder = await startForwarder(Number(new URL(server().url).port));
    const url = new URL(server().url);
    url.port = String(forwarder.port);
    const options = {...postgresOptions(url.href), silence: 300};
    // The queue connects in the same way.
    expect(connectionOf(options)).to.include({query_timeout: 300});
    const database = await openPostgres(options);
    try {
      forwarder.silence();
      const silent = await database.query('SELECT 1').catch((error: unknown) => error);
      expect(silent).to.include({code: 'VCH_ERR_TRANSPORT'});
      expect(String(silent)).to.contain('its connection says nothing');
      expect(await database.query('SELECT 2 AS n')).to.deep.equal([{n: 2}]);
      const within = await database
        .transaction(async (statements) => {
          forwarder.silence();
          await statements.query('SELECT 3');
        })
        .catch((error: unknown) => error);
      expect(within).to.include({code: 'VCH_ERR_TRANSPORT'});
      expect(await database.transaction((statements) => statements.query('SELECT 4 AS n'))).to.deep.equal([
        {n: 4},
      ]);
    } finally {
      await database.close();
    }
  });

  it('takes a server that is read-only for a moment, as after a failover, for one that does not answer', async () => {
    const url = new URL(server().url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const database = await openPostgres(postgresOptions(url.href));
    try {
      const refused = await database.query('CREATE TABLE t ()').catch((error: unknown) => error);
      expect(refused).to.include({code: 'VCH_ERR_TRANSPORT'});
      expect(String(refused)).to.contain('25006');
      const wrong = await database.query('SELECT nothing').catch((error: unknown) => error);
      expect(wrong).to.include({code: 'VCH_ERR_INTERNAL'});
    } finally {
      await database.close();
    }
  });
});
