import {expect} from 'chai';
import {SaxesParser} from 'saxes';
import {junit, toJunit} from '../../src/report/formats/junit.js';
import {HOSTILE} from './hostile.js';
import {hostileReport} from './hostile-report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** The elements of a document; malformed XML fails. */
function parse(xml: string): Element {
  const root: Element = {name: '', attributes: {}, children: [], text: ''};
  const open = [root];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({name, attributes}) => {
    const element = {name, attributes: {...attributes}, children: [], text: ''};
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  const [document] = root.children;
  if (document === undefined) throw new Error('an empty document');
  return document;
}

/** What Ant's JUnit schema and Jenkins' have in common: order of elements, attributes and their types. */
function validate(document: Element): void {
  expect([document.name, Object.keys(document.attributes)]).to.deep.equal(['testsuites', []]);
  for (const suite of document.children) {
    const {tests, failures, errors, skipped, time, timestamp, ...names} = suite.attributes;
    expect(suite.name).to.equal('testsuite');
    expect(Object.keys(names).sort()).to.deep.equal(['hostname', 'id', 'name', 'package']);
    for (const name of Object.values(names)) expect(name).to.not.equal('');
    for (const count of [tests, failures, errors, skipped]) expect(count).to.match(/^\d+$/);
    expect(time).to.match(/^\d+\.\d{3}$/);
    expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    const order = suite.children.map(({name}) => name).join(' ');
    expect(order).to.match(/^properties (testcase )*system-out system-err$/);
    const cases = suite.children.filter(({name}) => name === 'testcase');
    expect(cases.length).to.equal(Number(tests));
    for (const testcase of cases) {
      expect(Object.keys(testcase.attributes)).to.deep.equal(['name', 'classname', 'time']);
      expect(testcase.children.length).to.be.at.most(1);
      for (const {name, attributes, children} of testcase.children) {
        expect(name).to.match(/^(failure|error|skipped)$/);
        expect([Object.keys(attributes), children]).to.deep.equal([
          name === 'skipped' ? ['message'] : ['type', 'message'],
          [],
        ]);
      }
    }
    const of = (result: string) => String(cases.filter(({children}) => children[0]?.name === result).length);
    expect([failures, errors, skipped]).to.deep.equal([of('failure'), of('error'), of('skipped')]);
  }
}

describe('junit report', () => {
  it('is valid, with a test case for each VM', () => {
    const document = parse(
      toJunit(
        exampleReport([
          reportVm(),
          refusedVm(),
          refusedVm({status: 'failed'}),
          refusedVm({status: 'unknown'}),
          refusedVm({status: 'conflict'}),
        ]),
      ),
    );
    validate(document);
    expect(document.children[0]?.attributes).to.deep.include({
      name: 'vch-migrate plan vch1',
      hostname: 'vc.example',
      tests: '5',
      failures: '2',
      errors: '1',
      skipped: '1',
      timestamp: '2026-01-02T03:04:05',
      time: '1.000',
    });
  });

  it('says why a VM is not where it should be', () => {
    const [suite] = parse(toJunit(exampleReport([refusedVm()]))).children;
    const [skipped] = suite?.children.find(({name}) => name === 'testcase')?.children ?? [];
    expect(skipped?.attributes.message).to.match(
      /^VCH_ERR_NAME_MISSING: refused: db-ffffffffffff \(vm-14\) has no name/,
    );
  });

  it('is valid whatever the names are', () => {
    const report = hostileReport();
    const document = parse(toJunit(report));
    validate(document);
    const out = document.children[0]?.children.find(({name}) => name === 'system-out')?.text ?? '';
    expect(out.split('\n')).to.have.length(report.vms.flatMap((vm) => vm.changes).length);
    expect(out).to.include('"]]>"').and.include('<script>alert(1)</script>');
  });

  it('is valid for a command that failed as a whole', () => {
    for (const message of HOSTILE) {
      const failure = {
        schema: 'vch-migrate/error/v1',
        error: {code: 'VCH_ERR_AUTH', message},
        command: 'plan',
        tool: {name: 'vch-migrate', version: '0.1.0'},
      } as const;
      const xml = junit.failure(failure, '2026-01-02T03:04:05.000Z');
      const document = parse(xml);
      validate(document);
      expect(document.children[0]?.attributes.errors).to.equal('1');
    }
  });
});
