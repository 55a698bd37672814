import {expect} from 'chai';
import {Problems} from '../../src/cli/option.js';
import {proxyFor} from '../../src/cli/proxy.js';
import {runCommandLine, withTarget} from './fake-cli.js';

const through = (host: string, none?: string, https = 'proxy:3128') =>
  proxyFor(new URL(`https://${host}/sdk`), {https, none}, new Problems('plan'))?.href;

describe('proxy', () => {
  const exempt: readonly (readonly [string, string])[] = [
    ['vc.example', '*'],
    ['vc.example', 'vc.example'],
    ['VC.example', 'other, EXAMPLE'],
    ['a.vc.example', '.vc.example'],
    ['a.vc.example', '*.vc.example'],
    ['vc.example', 'vc.example:443'],
    ['vc.example:8443', 'vc.example:8443'],
    ['10.1.2.3', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3'],
    ['[fd00::5]', 'fd00::/8'],
    ['[fd00::5]', '[fd00::5]:443'],
    ['localhost:8989', ''],
    ['127.0.0.1:8989', ''],
    ['[::1]:8989', ''],
  ];
  for (const [host, none] of exempt) {
    it(`is not used for ${host} where NO_PROXY is "${none}"`, () => {
      expect(through(host, none)).to.equal(undefined);
    });
  }

  const used: readonly (readonly [string, string])[] = [
    ['vc.example', ''],
    ['vc.example', '.vc.example'],
    ['xvc.example', 'vc.example'],
    ['vc.example:8443', 'vc.example:443'],
    ['11.1.2.3', '10.0.0.0/8'],
    ['vc.example', '10.0.0.0/8'],
    ['10.1.2.3', '10.0.0.0/99'],
  ];
  for (const [host, none] of used) {
    it(`is used for ${host} where NO_PROXY is "${none}"`, () => {
      expect(through(host, none)).to.equal('http://proxy:3128/');
    });
  }

  it('is read from the environment, in either case, and reaches the login', async () => {
    const {variables} = withTarget;
    for (const more of [
      {HTTPS_PROXY: 'https://p.example'},
      {https_proxy: 'https://p.example', HTTPS_PROXY: ''},
    ]) {
      const {connects} = await runCommandLine(['plan'], {variables: {...variables, ...more}});
      expect(connects[0]?.proxy?.href).to.equal('https://p.example/');
    }
    const {connects} = await runCommandLine(['plan'], {
      variables: {...variables, https_proxy: 'p:1', no_proxy: 'vc.example'},
    });
    expect(connects[0]?.proxy).to.equal(undefined);
  });

  it('must be one that HTTP is spoken with; its password is never shown', async () => {
    for (const proxy of ['socks5://ann:pl4nted-Pw@p.example', 'http://ann:pl4nted-Pw%ZZ@p.example']) {
      const variables = {...withTarget.variables, HTTPS_PROXY: proxy};
      const {code, stderr} = await runCommandLine(['plan'], {variables});
      expect(code).to.equal(5);
      expect(stderr).to.include('HTTPS_PROXY is not the URL of an HTTP proxy').and.not.include('pl4nted');
    }
  });
});
