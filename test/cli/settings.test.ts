import {expect} from 'chai';
import {type Given, govc, option, problemsOf, read} from './fake-settings.js';

describe('settings', () => {
  it('passes on the datacenter of the target', () => {
    const settings = read({
      options: {...option, target: 'vc.example/dc1', name: 'vch1', id: 'vm-12', 'compute-resource': 'cl'},
    });
    expect(settings.vch).to.deep.equal({name: 'vch1', id: 'vm-12', computeResource: 'cl', datacenter: 'dc1'});
  });

  it('has 8 writes in flight unless told otherwise', () => {
    const inFlight = (options: NonNullable<Given['options']>) => read({options}).run.parallelism;
    expect(inFlight(option)).to.equal(8);
    expect(inFlight({...option, parallelism: '32'})).to.equal(32);
  });

  const wrong: readonly (readonly [string, Given, RegExp])[] = [
    ['no target', {}, /--target is missing/],
    ['no user', {options: {target: 'vc.example'}}, /--user is missing/],
    [
      'no password and nobody to ask',
      {options: {target: 'x', user: 'u'}, interactive: false},
      /password is missing.*--password-file/,
    ],
    ['a bad target in a variable', {variables: {GOVC_URL: 'u:s3#cret@x'}}, /^GOVC_URL has an @/],
    [
      "govc's meaning of -u",
      {options: {...option, user: 'https://ann:s3cret@vc.example/sdk'}},
      /^--user is a URL, as -u is in govc; here the URL is --target \(-t\), and -u the user; see/,
    ],
    ['two passwords', {options: {...option, 'password-file': '/secrets/pw'}}, /exclude each other/],
    [
      'a password file that is not there',
      {options: {target: 'x', user: 'u', 'password-file': '/nowhere'}},
      /--password-file cannot be read/,
    ],
    ['a bad thumbprint', {options: {...option, thumbprint: 'zz'}}, /--thumbprint is not a SHA-1/],
    ['a CA file without certificates', {options: {...option, ca: '/ca/none.pem'}}, /--ca: .* no PEM/],
    [
      'a CA file of govc that is not there',
      {variables: {...govc, GOVC_TLS_CA_CERTS: '/nowhere'}},
      /GOVC_TLS_CA_CERTS: .*no such file/,
    ],
    [
      'no parallelism',
      {options: {...option, parallelism: '0'}},
      /--parallelism must be a whole number from 1 to 32/,
    ],
    ['too much parallelism', {options: {...option, parallelism: '33'}}, /--parallelism/],
    ['half a VM', {options: {...option, expect: '1.5'}}, /--expect must be a whole number/],
    [
      'an unknown format',
      {options: {...option, format: 'xml'}},
      /--format must be text, json, ndjson, markdown, html, junit or csv/,
    ],
    ['a report of no known kind', {options: {...option, report: '/tmp/x.pdf'}}, /--report must end in/],
    [
      'a report in a folder that is not there',
      {options: {...option, report: '/nowhere/x.json'}},
      /--report is in a folder/,
    ],
    [
      'a fixture that is not there',
      {options: {target: 'sim:nowhere.json'}},
      /--target: there is no fixture nowhere.json/,
    ],
    [
      'a fixture of the environment that is not there',
      {options: {}, variables: {GOVC_URL: 'sim:nowhere.json'}},
      /GOVC_URL: there is no fixture nowhere.json/,
    ],
    ['an option without a value', {options: {...option, name: ''}}, /--name needs a value/],
    [
      'a write without a terminal and without a VCH',
      {options: option, interactive: false, writes: true},
      /--name or --id is missing/,
    ],
    ['a line break in the change id', {options: {...option, 'change-id': 'a\nb'}}, /--change-id/],
    [
      'both much and little of a log',
      {options: {...option, debug: true, quiet: true}},
      /--debug and --quiet/,
    ],
  ];
  for (const [name, from, problem] of wrong) {
    it(`refuses ${name}`, () => {
      expect(problemsOf(from)).to.match(problem);
    });
  }

  it('tells everything that is wrong at once', () => {
    const message = problemsOf({
      options: {parallelism: 'x', expect: 'y', format: 'z'},
      interactive: false,
      writes: true,
    });
    for (const part of [
      '--target',
      '--parallelism',
      '--expect',
      '--format',
      '--name or --id',
      'plan --help',
    ]) {
      expect(message).to.include(part);
    }
  });

  it('keeps two results from being one file', () => {
    const {out, ...same} = {...option, out: 'a.json', report: './a.json'};
    expect(problemsOf({options: {...same, out}})).to.match(/a\.json is named for two files at once/);
    expect(problemsOf({options: {...same, 'log-file': 'a.json'}})).to.match(/a\.json is named for two files/);
    expect(read({options: {...same, out: 'b.json'}}).output.reports[0]?.path).to.equal('./a.json');
  });

  it('lets a write go on without a terminal when it is told which VCH', () => {
    expect(read({options: {...option, id: 'vm-12'}, interactive: false, writes: true}).vch.id).to.equal(
      'vm-12',
    );
  });
});
