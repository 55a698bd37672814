import {expect} from 'chai';
import type {Settings} from '../../src/cli/settings.js';
import {type Given, govc, option, read, vic} from './fake-settings.js';

const hostOf = ({target}: Settings) => (target.kind === 'vsphere' ? target.url.host : 'simulator');

describe('credentials', () => {
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
      options: {target: 'sim:fixtures/legacy.json'},
      variables: {...govc, ...vic},
      interactive: false,
    });
    expect(settings).to.include({user: undefined, password: undefined});
    expect(settings.target).to.deep.equal({
      kind: 'simulator',
      fixture: 'fixtures/legacy.json',
      isDump: false,
    });
  });

  it('knows when a password stands where others can see it', () => {
    expect(read({options: option}).warnings).to.have.length(1);
    expect(read({options: {target: 'u:p@x'}}).warnings).to.have.length(1);
    expect(read({variables: govc}).warnings).to.deep.equal([]);
  });
});
