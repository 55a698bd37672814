import {expect} from 'chai';
import {datastorePath, folderOf, parseDatastorePath} from '../../src/vim25/datastore-path.js';

describe('vim25/datastore-path', () => {
  it('reads what vSphere writes, and writes the same again', () => {
    for (const text of ['[datastore1] vch1/vch1.vmx', '[ds (2)] a/b [1]/c.iso', '[ds] web.vmx']) {
      const path = parseDatastorePath(text);
      expect(path === null ? null : datastorePath(path)).to.equal(text);
    }
    expect(parseDatastorePath('[ds (2)] a/b [1]/c.iso')).to.deep.equal({
      dsName: 'ds (2)',
      path: 'a/b [1]/c.iso',
    });
  });

  it('reads nothing else', () => {
    for (const text of [null, '', 'vch1/vch1.vmx', '[datastore1', '/vmfs/volumes/ds/a.vmx'])
      expect(parseDatastorePath(text)).to.equal(null);
  });

  it('names the folder of a file, and nothing for the root of a datastore', () => {
    expect(['web/web.vmx', 'a/b/c.iso', 'web.vmx'].map(folderOf)).to.deep.equal(['web', 'a/b', '']);
  });
});
