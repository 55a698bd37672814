import {createHash} from 'node:crypto';
import {truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {isoFileName, readIsoInfo} from '../../src/iso/iso-info.js';
import {type IsoFileOptions, isoFile, writeIso} from '../iso-file.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

describe('iso/iso-info', () => {
  const infoOf = (options: IsoFileOptions) =>
    withDirectory({}, async (directory) => readIsoInfo(await writeIso(join(directory, 'a.iso'), options)));

  it('tells version, build, commit, size and digest of an ISO file', async () => {
    const {path, ...info} = await infoOf({created: '2022061008300000'});
    expect(path).to.match(/a\.iso$/);
    const image = isoFile({created: '2022061008300000'});
    expect(info).to.deep.equal({
      size: image.length,
      sha256: createHash('sha256').update(image).digest('hex'),
      version: 'v1.5.6',
      buildNumber: '20000',
      gitCommit: '0a1b2c3',
      buildDate: '2022/06/10@08:30:00',
    });
  });

  for (const [created, offset, wanted] of [
    ['2022061001300000', 8, '2022/06/09@23:30:00'],
    ['2022061001300000', -20, '2022/06/10@06:30:00'],
    ['0000000000000000', 0, null],
    ['\0'.repeat(16), 0, null],
    ['2022133108300000', 0, null],
    ['2022023108300000', 0, null],
    ['yesterday-at-noon', 0, null],
  ] as const) {
    it(`takes ${JSON.stringify(created)} at ${offset} for ${wanted}`, async () => {
      expect((await infoOf({created, offset})).buildDate).to.equal(wanted);
    });
  }

  it('names files of one version and other content differently', async () => {
    const [one, same, other] = await Promise.all(['1', '1', '2'].map((content) => infoOf({content})));
    if (one === undefined || same === undefined || other === undefined) throw new Error('no ISO files');
    expect(isoFileName(one, 'appliance')).to.match(/^v1\.5\.6-20000-0a1b2c3-[0-9a-f]{8}-appliance\.iso$/);
    expect(isoFileName(same, 'appliance')).to.equal(isoFileName(one, 'appliance'));
    expect(isoFileName(other, 'appliance')).not.to.equal(isoFileName(one, 'appliance'));
    expect(isoFileName(one, 'bootstrap')).to.match(/-bootstrap\.iso$/);
    const bare = await infoOf({publisher: 'v1.5.6-20000'});
    expect(isoFileName(bare, 'bootstrap')).to.match(/^v1\.5\.6-20000-[0-9a-f]{8}-bootstrap\.iso$/);
  });

  describe('refuses', () => {
    const refusals: Readonly<Record<string, (directory: string) => Promise<string>>> = {
      'does not exist': async (directory) => join(directory, 'none.iso'),
      'is a directory': async (directory) => directory,
      'is too short': async (directory) => {
        const path = await writeIso(join(directory, 'a.iso'));
        await truncate(path, 16 * 2048 + 100);
        return path;
      },
      'is not an ISO 9660 file': async (directory) => {
        const path = join(directory, 'a.iso');
        await writeFile(path, Buffer.alloc(64 * 1024, 'CD001'));
        return path;
      },
      'holds no VIC version; its publisher is "MICROSOFT CORPORATION"': (directory) =>
        writeIso(join(directory, 'a.iso'), {publisher: 'MICROSOFT CORPORATION'}),
    };
    for (const [what, make] of Object.entries(refusals)) {
      it(`what ${what}`, async () => {
        await withDirectory({}, async (directory) => {
          const path = await make(directory);
          const error = await rejection(readIsoInfo(path));
          expect(error.code).to.equal('VCH_ERR_USAGE');
          expect(error.message).to.contain(`${path} ${what}`).and.to.contain('--appliance-iso');
        });
      });
    }
  });
});
