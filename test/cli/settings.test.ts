import {expect} from 'chai';
import type {OptionName} from '../../src/cli/option-table.js';
import {readSettings, type Settings} from '../../src/cli/settings.js';
import type {ReadText} from '../../src/cli/settings-file.js';
import {VchError} from '../../src/errors.js';
import {given} from './given-options.js';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const FILES: Readonly<Record<string, string>> = {
  '/secrets/pw': ' from file \n',
  '/secrets/govc-user': 'govc-file-user\n',
  '/secrets/govc-pw': 'govc-file-pw\n',
  '/ca/a.pem': `${PEM}a`,
  '/ca/b.pem': `${PEM}b`,
  '/ca/none.pem': 'nothing',
  '/known': 'vc.example AA:BB\n',
  'fixtures/x.json': '{}',
};
const readFake: ReadText = (path) => {
  const text = FILES[path];
  return text === undefined ? {status: 'missing'} : {status: 'read', text};
};

interface Given {
  readonly options?: Partial<Readonly<Record<OptionName, string | true>>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly interactive?: boolean;
  readonly writes?: boolean;
}

function read({options = {}, variables = {}, interactive = true, writes = false}: Given): Settings {
  return readSettings(given(options), {command: 'plan', variables, interactive, writes, read: readFake});
}

function problemsOf(from: Given): string {
  try {
    read(from);
  } catch (error) {
    if (error instanceof VchError && error.code === 'VCH_ERR_USAGE') return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}

const hostOf = ({target}: Settings) => (target.kind === 'vsphere' ? target.url.host : 'simulator');

describe('settings', () => {
  const govc = {GOVC_URL: 'https://govc.example', GOVC_USERNAME: 'govc-user', GOVC_PASSWORD: 'govc-pw'};
  const vic = {
    VIC_MACHINE_TARGET: 'vic.example',
    VIC_MACHINE_USER: 'vic-user',
    VIC_MACHINE_PASSWORD: 'vic-pw',
  };
  const option = {target: 'opt.example', user: 'opt-user', password: 'opt-pw'} as const;

  const precedence: readonly (readonly [
    string,
    Given,
    readonly [string, string | undefined, string | undefined],
  ])[] = [
    ['govc alone', {variables: govc}, ['govc.example', 'govc-user', 'govc-pw']],
    ['vic-machine over govc', {variables: {...govc, ...vic}}, ['vic.example', 'vic-user', 'vic-pw']],
    [
      'options over both',
      {options: option, variables: {...govc, ...vic}},
      ['opt.example', 'opt-user', 'opt-pw'],
    ],
    [
      'each setting by itself',
      {options: {user: 'opt-user'}, variables: {...govc, VIC_MACHINE_PASSWORD: 'vic-pw'}},
      ['govc.example', 'opt-user', 'vic-pw'],
    ],
    [
      'credentials in GOVC_URL',
      {variables: {GOVC_URL: 'u%40corp:p%23w@govc.example'}},
      ['govc.example', 'u@corp', 'p#w'],
    ],
    [
      'GOVC_USERNAME over GOVC_URL',
      {variables: {...govc, GOVC_URL: 'https://u:p@govc.example'}},
      ['govc.example', 'govc-user', 'govc-pw'],
    ],
    [
      'credentials of --target over vic-machine',
      {options: {target: 'u:p@opt.example'}, variables: vic},
      ['opt.example', 'u', 'p'],
    ],
    [
      '--user over the credentials of --target',
      {options: {target: 'u:p@opt.example', user: 'other'}},
      ['opt.example', 'other', 'p'],
    ],
    [
      'no credentials of a URL that is not the target',
      {options: {target: 'opt.example', user: 'me'}, variables: {GOVC_URL: 'u:p@govc.example'}},
      ['opt.example', 'me', undefined],
    ],
    [
      'a password file, less its last line break',
      {options: {target: 'opt.example', user: 'u', 'password-file': '/secrets/pw'}, variables: govc},
      ['opt.example', 'u', ' from file '],
    ],
    [
      'files named by govc',
      {
        variables: {
          GOVC_URL: 'govc.example',
          GOVC_USERNAME: '/secrets/govc-user',
          GOVC_PASSWORD: '/secrets/govc-pw',
        },
      },
      ['govc.example', 'govc-file-user', 'govc-file-pw'],
    ],
    [
      'an empty variable as an absent one',
      {variables: {...govc, VIC_MACHINE_TARGET: '', VIC_MACHINE_USER: ''}},
      ['govc.example', 'govc-user', 'govc-pw'],
    ],
    [
      'no password where one can be asked for',
      {options: {target: 'opt.example', user: 'u'}},
      ['opt.example', 'u', undefined],
    ],
  ];
  for (const [name, from, [host, user, password]] of precedence) {
    it(`takes ${name}`, () => {
      const settings = read(from);
      expect([hostOf(settings), settings.user, settings.password]).to.deep.equal([host, user, password]);
    });
  }

  it('leaves the variables of a real vCenter out of the simulator', () => {
    const settings = read({
      options: {target: 'sim:fixtures/x.json'},
      variables: {...govc, ...vic},
      interactive: false,
    });
    expect(settings).to.include({user: undefined, password: undefined});
    expect(settings.target).to.deep.equal({kind: 'simulator', fixture: 'fixtures/x.json'});
  });

  it('takes a thumbprint of either length in any spelling, and an option before the variable', () => {
    const sha1 = 'ab'.repeat(20);
    const sha256 = Array.from({length: 32}, () => 'Cd').join(':');
    const trust = (thumbprint: string, variables = {}) =>
      read({options: {...option, thumbprint}, variables}).tls.thumbprint;
    expect(trust(sha1, {VIC_MACHINE_THUMBPRINT: sha256})).to.equal(
      Array.from({length: 20}, () => 'AB').join(':'),
    );
    expect(trust(sha256)).to.equal(sha256.toUpperCase());
    expect(read({options: option, variables: {VIC_MACHINE_THUMBPRINT: sha1}}).tls.thumbprint).to.match(
      /^AB:AB/,
    );
  });

  it("reads govc's lists of CA and known-hosts files, of which known-hosts ones may be missing", () => {
    const variables = {
      ...govc,
      GOVC_TLS_CA_CERTS: '/ca/a.pem:/ca/b.pem',
      GOVC_TLS_KNOWN_HOSTS: '/nowhere:/known',
    };
    const {tls} = read({variables});
    expect(tls.ca).to.equal(`${PEM}a\n${PEM}b`);
    expect(tls.knownHosts).to.equal('vc.example AA:BB\n');
    expect(read({options: {ca: '/ca/b.pem'}, variables}).tls.ca).to.equal(`${PEM}b`);
  });

  const insecure: readonly (readonly [string, Given, boolean])[] = [
    ['GOVC_INSECURE=1', {variables: {...govc, GOVC_INSECURE: '1'}}, true],
    ['GOVC_INSECURE=True', {variables: {...govc, GOVC_INSECURE: 'True'}}, true],
    ['GOVC_INSECURE=0', {variables: {...govc, GOVC_INSECURE: '0'}}, false],
    ['--insecure', {options: {insecure: true}, variables: govc}, true],
    [
      'GOVC_INSECURE=1 beside --thumbprint',
      {options: {thumbprint: 'ab'.repeat(20)}, variables: {...govc, GOVC_INSECURE: '1'}},
      false,
    ],
    [
      'GOVC_INSECURE=1 beside --ca',
      {options: {ca: '/ca/a.pem'}, variables: {...govc, GOVC_INSECURE: '1'}},
      false,
    ],
  ];
  for (const [name, from, expected] of insecure) {
    it(`${expected ? 'trusts any certificate' : 'checks certificates'} with ${name}`, () => {
      expect(read(from).tls.insecure).to.equal(expected);
    });
  }

  it('passes on the datacenter of the target', () => {
    const settings = read({
      options: {...option, target: 'vc.example/dc1', name: 'vch1', id: 'vm-12', 'compute-resource': 'cl'},
    });
    expect(settings.vch).to.deep.equal({name: 'vch1', id: 'vm-12', computeResource: 'cl', datacenter: 'dc1'});
  });

  it('has 8 writes in flight unless told otherwise', () => {
    expect(read({options: option}).parallelism).to.equal(8);
    expect(read({options: {...option, parallelism: '32'}}).parallelism).to.equal(32);
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
    ['two passwords', {options: {...option, 'password-file': '/secrets/pw'}}, /exclude each other/],
    [
      'a password file that is not there',
      {options: {target: 'x', user: 'u', 'password-file': '/nowhere'}},
      /--password-file cannot be read/,
    ],
    ['a bad thumbprint', {options: {...option, thumbprint: 'zz'}}, /--thumbprint is no SHA-1/],
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
    ['an unknown format', {options: {...option, format: 'xml'}}, /--format must be text or json/],
    ['a report of no known kind', {options: {...option, report: '/tmp/x.pdf'}}, /--report must end in/],
    [
      'a report in a folder that is not there',
      {options: {...option, report: '/nowhere/x.json'}},
      /--report lies in a folder/,
    ],
    [
      'a fixture that is not there',
      {options: {target: 'sim:nowhere.json'}},
      /there is no fixture nowhere.json/,
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

  it('lets a write go on without a terminal when it is told which VCH', () => {
    expect(read({options: {...option, id: 'vm-12'}, interactive: false, writes: true}).vch.id).to.equal(
      'vm-12',
    );
  });

  it('knows when a password stands where others can see it', () => {
    expect(read({options: option}).passwordVisible).to.equal(true);
    expect(read({options: {target: 'u:p@x'}}).passwordVisible).to.equal(true);
    expect(read({variables: govc}).passwordVisible).to.equal(false);
  });
});
