import {expect} from 'chai';
import fc from 'fast-check';
import {code, prose, toMarkdown} from '../../src/report/formats/markdown.js';
import {hostileReport} from './hostile-report.js';
import {exampleReport, refusedVm, reportVm} from './report-example.js';

/** What Markdown itself sees: code and character references are nothing to it. */
function seen(markdown: string): string {
  return markdown.replace(/`[^`\n]+`/g, 'CODE').replace(/&#\d+;/g, 'REF');
}

const MARKUP = /[`<>[\]|*_~!\\&]|^\s*(?:[-+#=]|\d+[.)])|:\/\/|www\./i;

describe('markdown report', () => {
  const text = toMarkdown(exampleReport([reportVm(), refusedVm()], {command: 'apply', changeId: 'CHG-1'}));

  it('tells facts, counts, changes and the next command', () => {
    expect(text).to.match(/^# Apply to VCH `vch1`\n\n- VCH: `vch1` \(`vm-12`\)/);
    expect(text).to.include('\n| pending | 1 |\n| refused | 1 |\n| **total** | **2** |\n');
    expect(text).to.include(
      '- `web-0a1b2c3d4e5f` (`vm-13`, container `web`): pending\n  - `common/name`: absent → `web`\n',
    );
    expect(text).to.include('- `db-ffffffffffff` (`vm-14`): **refused**: `VCH_ERR_NAME_MISSING`: db-');
    expect(text).to.match(/\n\n\*\*Next:\*\* `vch-migrate apply --name vch1`\n$/);
  });

  it('has its blocks apart by blank lines, so that every renderer sees them', () => {
    for (const heading of text.matchAll(/(.?.?)\n(#+ .*)\n(.?)/g))
      expect([heading[1], heading[3]]).to.deep.equal(['', '']);
  });

  it('keeps its own structure, whatever the names are', () => {
    const lines = seen(toMarkdown(hostileReport())).trimEnd().split('\n');
    const own =
      /^$|^# Plan for VCH |^## [A-Z][a-z ]+$|^ {0,2}- |^1\. |^\| (?:\w+|\*\*total\*\*|Status) \| |^\|---\|---:\|$|^\*\*Next:\*\* |^docker rename/;
    for (const line of lines) expect(line).to.match(own);
    const bare = lines
      .map((line) => line.replace(/^(?:# | {0,2}- |1\. )/, '').replace(/\*\*(?:[\w-]+|Next:)\*\*/g, ''))
      .filter((line) => !/^(?:#|\|)/.test(line));
    for (const line of bare) expect(line).to.not.match(/[`<>[\]|*~!\\&]|:\/\/|www\./i);
  });

  it('shows no markup in any string', () => {
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom(...'`<>[]()|*_~!\\&#-+=.1 \nwww:/')}), (text) => {
        expect(seen(code(text)).replace('(empty)', '')).to.not.match(MARKUP);
        expect(seen(prose(text)).replaceAll('(empty)', '')).to.not.match(MARKUP);
      }),
    );
  });

  it('shows what stands in backquotes in a message as code', () => {
    expect(prose('see `vch-migrate plan` or ` alone')).to.equal('see `vch-migrate plan` or &#96; alone');
  });
});
