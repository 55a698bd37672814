import {expect} from 'chai';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {builtin, LEGACY_NAME, NAME, VERSION} from './samples.js';

const CREATETIME = 'guestinfo.vice..createtime';

async function rejection(version: string): Promise<unknown> {
  return migrateConfigWith(builtin, 'container', {[VERSION]: version}).then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}

describe('migrateConfig, on purpose unlike VIC', () => {
  it('name-kept: keeps a hidden name, since VIC would overwrite a newer one, or empty it', async () => {
    const both = await migrateConfigWith(builtin, 'container', {[NAME]: 'new', [LEGACY_NAME]: 'old'});
    expect(both.config[NAME]).to.equal('new');
    const alone = await migrateConfigWith(builtin, 'container', {[NAME]: 'new'});
    expect(alone.config[NAME]).to.equal('new');
  });

  it('env-tail-kept: keeps a proxy value whole, since a URL may hold =, and renames no other variable', async () => {
    const env = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
    const {config} = await migrateConfigWith(builtin, 'appliance', {
      [env]: 'HTTP_PROXY=http://u:p=w@proxy:3128/?a=b|FOO=HTTP_PROXY|MY_HTTP_PROXY_HELPER=z',
    });
    expect(config[env]).to.equal(
      'VICADMIN_HTTP_PROXY=http://u:p=w@proxy:3128/?a=b|FOO=HTTP_PROXY|MY_HTTP_PROXY_HELPER=z',
    );
  });

  it('createtime-guard: leaves nanoseconds and what is no number alone, since a second conversion overflows', async () => {
    for (const text of [
      '1480000000000000000',
      '-1480000000000000000',
      '1000000000000000',
      'abc',
      '1e9',
      ' 5',
    ]) {
      const {config, findings} = await migrateConfigWith(builtin, 'container', {
        [NAME]: 'n',
        [CREATETIME]: text,
      });
      expect(config[CREATETIME], text).to.equal(text);
      const codes = findings.map(({code}) => code);
      expect(codes, text).to.deep.equal(/^-?\d+$/.test(text) ? [] : ['createtime-not-a-number']);
    }
  });

  it('registry-plain: writes a registry without a scheme as host:port, since // is no part of its name', async () => {
    const list = 'guestinfo.vice./registry/insecure_registries';
    const {config} = await migrateConfigWith(builtin, 'appliance', {
      [list]: '0',
      [`${list}|0/Path`]: 'reg:5000/x',
    });
    expect(config[`${list}~`]).to.equal('reg:5000/x');
  });

  it('registry-list-kept: keeps a list of strings, since VIC wipes it when it runs again', async () => {
    const list = 'guestinfo.vice./registry/insecure_registries';
    const {config} = await migrateConfigWith(builtin, 'appliance', {[list]: '1', [`${list}~`]: 'a:5000|b'});
    expect(config[`${list}~`]).to.equal('a:5000|b');
  });

  it('rejects data versions that VIC accepts: negative ones, and those above its own', async () => {
    for (const version of ['-1', 'zz', ' 1', '1.0']) {
      expect(await rejection(version)).to.equal('VCH_ERR_DATA_VERSION_INVALID');
    }
    for (const version of ['11', '999', '99999999999999999999']) {
      expect(await rejection(version)).to.equal('VCH_ERR_DATA_TOO_NEW');
    }
  });
});
