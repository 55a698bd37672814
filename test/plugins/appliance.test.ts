import {expect} from 'chai';
import fc from 'fast-check';
import applianceCommonName from '../../plugins/0001-appliance-common-name.js';
import registryHosts from '../../plugins/0005-appliance-registry-hosts.js';
import vicadminProxy from '../../plugins/0007-appliance-vicadmin-proxy.js';
import insecureRegistries from '../../plugins/0008-appliance-insecure-registries.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import type {Plugin} from '../../src/migration/plugin.js';
import {createRegistry} from '../../src/migration/registry.js';

const VERSION = 'guestinfo.vice./init/version/PluginVersion';
const ENV = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
const LIST = 'guestinfo.vice./registry/insecure_registries';

/** What one plugin alone makes of a config, but for the data version. */
async function migrated(plugin: Plugin, config: Record<string, string>) {
  const {config: result, findings} = await migrateConfigWith(createRegistry([plugin]), 'appliance', config);
  const {[VERSION]: _version, ...rest} = result;
  return {config: rest, findings: findings.map(({code}) => code)};
}

describe('0001-appliance-common-name', () => {
  const legacy = 'guestinfo.vice./init/common/name';

  it('copies the name, keeps a hidden one, and does without any', async () => {
    const names = async (config: Record<string, string>) =>
      (await migrated(applianceCommonName, config)).config['init/common/name'];
    expect(await names({[legacy]: 'vch'})).to.equal('vch');
    expect(await names({[legacy]: 'vch', 'init/common/name': '<nil>'})).to.equal('vch');
    expect(await names({[legacy]: 'vch', 'init/common/name': 'new'})).to.equal('new');
    expect(await names({[legacy]: '<nil>'})).to.equal(undefined);
  });
});

describe('0005-appliance-registry-hosts', () => {
  it('moves the host from the path, for URLs that have none', async () => {
    const config = {
      [LIST]: '2',
      [`${LIST}|0/Host`]: '<nil>',
      [`${LIST}|0/Path`]: 'reg:5000',
      [`${LIST}|1/Path`]: 'reg/a/b',
      [`${LIST}|2/Host`]: 'has.one',
      [`${LIST}|2/Path`]: 'kept',
    };
    expect((await migrated(registryHosts, config)).config).to.deep.equal({
      [LIST]: '2',
      [`${LIST}|0/Host`]: 'reg:5000',
      [`${LIST}|0/Path`]: '<nil>',
      [`${LIST}|1/Host`]: 'reg',
      [`${LIST}|1/Path`]: 'a/b',
      [`${LIST}|2/Host`]: 'has.one',
      [`${LIST}|2/Path`]: 'kept',
    });
  });

  it('leaves a list of strings alone', async () => {
    const config = {[LIST]: '1', [`${LIST}~`]: 'a:5000|b'};
    expect((await migrated(registryHosts, config)).config).to.deep.equal(config);
  });
});

describe('0007-appliance-vicadmin-proxy', () => {
  it('renames the two variables, and splits at the first =', async () => {
    const env = 'PATH=/bin|HTTP_PROXY=http://u:p=w@proxy/?a=b|HTTPS_PROXY=|NO_PROXY=x';
    expect((await migrated(vicadminProxy, {[ENV]: env})).config[ENV]).to.equal(
      'PATH=/bin|VICADMIN_HTTP_PROXY=http://u:p=w@proxy/?a=b|VICADMIN_HTTPS_PROXY=|NO_PROXY=x',
    );
  });

  it('matches the whole name only', async () => {
    const env = 'FOO=HTTP_PROXY|MY_HTTP_PROXY_HELPER=z|VICADMIN_HTTP_PROXY=a=b|http_proxy=x| HTTP_PROXY=y';
    expect((await migrated(vicadminProxy, {[ENV]: env})).config[ENV]).to.equal(env);
  });

  it('leaves other sessions alone', async () => {
    const config = {'guestinfo.vice./init/sessions|port-layer/cmd/Env~': 'HTTP_PROXY=x'};
    expect((await migrated(vicadminProxy, config)).config).to.deep.equal(config);
  });

  it('leaves every other entry byte-identical, those that held a | included', async () => {
    const entry = fc.string().filter((text) => !/^HTTPS?_PROXY(=|$)/.test(text) && !text.includes('|'));
    await fc.assert(
      fc.asyncProperty(fc.array(entry), fc.array(entry), async (before, after) => {
        const env = (proxy: string) => [...before, proxy, ...after].join('|');
        const result = await migrated(vicadminProxy, {[ENV]: env('HTTP_PROXY=p')});
        expect(result.config[ENV]).to.equal(env('VICADMIN_HTTP_PROXY=p'));
      }),
    );
  });
});

describe('0008-appliance-insecure-registries', () => {
  const url = (index: number, parts: Record<string, string>) =>
    Object.fromEntries(Object.entries(parts).map(([part, value]) => [`${LIST}|${index}/${part}`, value]));
  const listOf = async (...urls: Record<string, string>[]) => {
    const config = Object.assign(
      {[LIST]: String(urls.length - 1)},
      ...urls.map((parts, index) => url(index, parts)),
    );
    return (await migrated(insecureRegistries, config)).config[`${LIST}~`];
  };

  it('writes URLs as Go does, without their scheme', async () => {
    expect(
      await listOf({Host: 'a:5000'}, {Scheme: 'https', Host: 'b', Path: '/x'}, {Host: 'c', Path: 'x/y'}),
    ).to.equal('a:5000|b/x|c/x/y');
    expect(await listOf({Scheme: 'reg', Opaque: '5000'})).to.equal('reg:5000');
    expect(await listOf({Host: 'a', Path: '/b c?', RawQuery: 'q=1', Fragment: 'f'})).to.equal(
      'a/b%20c%3F?q=1#f',
    );
    expect(await listOf({Host: 'a', Path: '/b/c', RawPath: '/b%2Fc', ForceQuery: 'true'})).to.equal(
      'a/b%2Fc?',
    );
  });

  it('keeps the places of empty URLs, and their |', async () => {
    expect(await listOf({Host: 'a'}, {Host: ''}, {Host: 'c', Path: '/x|y'})).to.equal('a||c/x%7Cy');
  });

  it('adds no list where no URL names a registry', async () => {
    expect(await listOf({Host: '<nil>', ForceQuery: 'false'})).to.equal(undefined);
    expect((await migrated(insecureRegistries, {[LIST]: '<nil>'})).findings).to.deep.equal([]);
  });

  it('keeps a list that is in the new format already', async () => {
    const config = {[LIST]: '0', [`${LIST}~`]: 'r1:5000', [`${LIST}|0/Host`]: 'old'};
    expect((await migrated(insecureRegistries, config)).config).to.deep.equal(config);
  });

  it('leaves a list alone whose length cannot be, and says so', async () => {
    for (const length of ['-1', 'x', '999999999', '1e3']) {
      const config = {[LIST]: length, [`${LIST}|0/Host`]: 'a'};
      expect(await migrated(insecureRegistries, config)).to.deep.equal({
        config,
        findings: ['registry-list-unreadable'],
      });
    }
  });
});
