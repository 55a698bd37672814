import {expect} from 'chai';
import {postgresOptions} from '../../src/fleet/postgres.js';

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
});
