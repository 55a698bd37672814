import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, rmSync} from 'node:fs';
import {dirname} from 'node:path';
import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {ROOT} from './peers.js';

describe('the demo', function () {
  this.timeout(120_000);

  it('fits on one screen, and ends with the report that it wrote', async () => {
    const demo = spawn(process.execPath, [`${ROOT}scripts/demo.mjs`], {stdio: ['ignore', 'pipe', 'pipe']});
    const [output, complaints, [code]] = await Promise.all([
      text(demo.stdout),
      text(demo.stderr),
      once(demo, 'exit'),
    ]);
    expect([code, complaints]).to.deep.equal([0, '']);
    const lines = output.trimEnd().split('\n');
    expect(lines.length).to.be.at.most(40);
    for (const line of lines) expect(line.length, line).to.be.at.most(120);
    expect(output).to.include('vch1 is upgraded to v1.5.6').and.include('vch1 is rolled back to v0.9.0');
    const report = lines.at(-1)?.split(': ').at(-1) ?? '';
    expect(existsSync(report), report).to.equal(true);
    rmSync(dirname(report), {recursive: true});
  });
});
