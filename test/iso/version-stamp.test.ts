import {expect} from 'chai';
import fc from 'fast-check';
import {compareBuilds, compareReleases, parseVersionStamp, versionText} from '../../src/iso/version-stamp.js';

describe('iso/version-stamp', () => {
  const CASES: Readonly<Record<string, readonly [string, string, string | null] | null>> = {
    'VMware Inc. v1.5.6-20000-0a1b2c3': ['v1.5.6', '20000', '0a1b2c3'],
    'v1.4.0-rc2-18000-abc': ['v1.4.0-rc2', '18000', 'abc'],
    'VMware, Inc.   v1.5.6-20000  ': ['v1.5.6', '20000', null],
    'v1.5.6-20000-1234567': ['v1.5.6', '20000', '1234567'],
    'v1.4.0-2-18000': ['v1.4.0-2', '18000', null],
    'v1.5.6-dirty-0-0a1b2c3': ['v1.5.6-dirty', '0', '0a1b2c3'],
    '1.5.6-7-f': ['1.5.6', '7', 'f'],
    'v1.5.6': null,
    'v1.5.6-0a1b2c3': null,
    '20000': null,
    '-20000': null,
    'MICROSOFT CORPORATION': null,
    'X-1-2': null,
    'v1/../../etc-1-0a1b2c3': null,
    'v1.5.6-1-0a1b2c3/..': null,
    '': null,
    '   ': null,
  };
  for (const [publisher, wanted] of Object.entries(CASES)) {
    it(`reads "${publisher}"`, () => {
      const stamp = parseVersionStamp(publisher);
      expect(stamp && [stamp.version, stamp.buildNumber, stamp.gitCommit]).to.deep.equal(wanted);
    });
  }

  const version = fc
    .tuple(fc.constantFrom('v', ''), fc.nat(), fc.nat(), fc.constantFrom('', '-rc1', '-dev', '-rc2-dirty'))
    .map(([v, major, minor, suffix]) => `${v}${major}.${minor}.0${suffix}`);
  const buildNumber = fc.nat().map(String);
  const gitCommit = fc.option(fc.stringMatching(/^[0-9a-f]{7,40}$/));

  it('reads back whatever VIC stamps', () => {
    fc.assert(
      fc.property(version, buildNumber, gitCommit, (version, buildNumber, gitCommit) => {
        const stamp = {version, buildNumber, gitCommit};
        expect(parseVersionStamp(`VMware Inc. ${versionText(stamp)}`)).to.deep.equal(stamp);
      }),
    );
  });

  it('gives nothing that is more than one name of a file, whatever is stamped', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (publisher) => {
        const stamp = parseVersionStamp(publisher);
        if (stamp !== null) expect(versionText(stamp)).to.match(/^v?\d[\w.+-]*$/);
      }),
    );
  });
});

describe('builds of VIC', () => {
  it('compares numbers, not texts', () => {
    expect(compareBuilds('9', '10')).to.equal(-1);
    expect(compareBuilds('010', '10')).to.equal(0);
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(compareBuilds(String(a), String(b))).to.equal(Math.sign(a - b));
      }),
    );
  });

  it('does not compare what is no whole number', () => {
    for (const build of ['', 'abc', '1.5', '0x10', ' 10', '10\n', null])
      expect([compareBuilds(build, '1'), compareBuilds('1', build)]).to.deep.equal([null, null]);
  });
});

describe('releases of VIC', () => {
  const release = (text: string) => {
    const [version = '', build = ''] = text.split(' ');
    return {version: version || null, build: build || null};
  };
  for (const [older, newer] of [
    ['v1.2.2 16000', 'v1.3.0 15000'],
    ['v1.9.0 1', 'v1.10.0 1'],
    ['v0.9.0 8351', 'v1.1.1 10711'],
    ['v1.4.0-rc2 18000', 'v1.4.0-rc10 17000'],
    ['v1.4.0-rc3 18000', 'v1.4.0 18000'],
    ['V1.4 3', '1.4.1 2'],
    ['v1.5.6 20000', 'v1.5.6 21123'],
    ['v1.5.6-dirty 20000', 'v1.5.6 20001'],
    [' 9', 'v1.5.6 10'],
    ['unknown 9', 'v1.5.6 10'],
  ] as const) {
    it(`takes ${older} for older than ${newer}`, () => {
      expect(compareReleases(release(older), release(newer))).to.equal(-1);
      expect(compareReleases(release(newer), release(older))).to.equal(1);
    });
  }

  it('takes one version and build for equal, and cannot compare what tells neither', () => {
    expect(compareReleases(release('v1.5.6 20000'), release('1.5.6 020000'))).to.equal(0);
    expect(compareReleases(release('v1.5.6'), release('v1.5.6 20000'))).to.equal(null);
    expect(compareReleases(release(''), release('v1.5.6 20000'))).to.equal(null);
  });
});
