import {readdirSync, readFileSync} from 'node:fs';
import {Ajv2020} from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import {expect} from 'chai';

/** Checks a value against one of the published schemas; the first thing that is wrong fails the test. */
export function expectValid(schema: SchemaName, value: unknown): void {
  const validate = ajv().getSchema(`urn:vch-migrate:${schema}:v1`);
  if (validate === undefined) throw new Error(`there is no schema ${schema}`);
  const valid = validate(JSON.parse(JSON.stringify(value)));
  expect(valid, JSON.stringify(validate.errors)).to.equal(true);
}

/** Tells whether a value fits a published schema. */
export function fits(schema: SchemaName, value: unknown): boolean {
  return validatorOf(schema)(value);
}

/** Tells of many values whether they fit a published schema. */
export function validatorOf(schema: SchemaName): (value: unknown) => boolean {
  const validator = ajv();
  return (value) => validator.validate(`urn:vch-migrate:${schema}:v1`, value);
}

type SchemaName =
  | 'report'
  | 'events'
  | 'ls'
  | 'error'
  | 'plan'
  | 'history'
  | 'wait'
  | 'dump'
  | 'fixture'
  | 'doctor'
  | 'fleet-report';

function ajv(): Ajv2020 {
  const instance = new Ajv2020({strict: true, strictRequired: true, allowUnionTypes: true});
  formats.default(instance);
  for (const file of readdirSync('schemas'))
    instance.addSchema(JSON.parse(readFileSync(`schemas/${file}`, 'utf8')));
  return instance;
}
