import {expect} from 'chai';
import {postgresOptions} from '../../src/fleet/postgres.js';
import {vchMigrate} from '../on-simulator.js';

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
