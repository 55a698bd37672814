import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import type {BrowserContextOptions, Page} from 'playwright-core';
import {fleetHtml} from '../../src/report/fleet/html.js';
import {countTargets, type FleetReport, type FleetVch} from '../../src/report/fleet/report.js';
import {vchHtml, vmsShown} from '../../src/report/fleet/vch-html.js';
import {verdict} from '../../src/report/verdict.js';
import {describeWithBrowser, watchPage} from '../browser.js';
import {HOSTILE} from './hostile.js';
import {hostileReport} from './hostile-report.js';
import {mixed} from './html-examples.js';
import {down, failed, upgraded} from './night-report.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIOLATIONS =
  'axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, ...nodes.slice(0, 2).map(({html}) => html)]))';

const REPORTS = [upgraded, failed, down, hostileReport(), mixed];
const MORE = 'vch-migrate fleet report upgrade-1 --of-vch vc0/vm-0 --report vm-0.html';

/** A run over so many VCHs, and what each opens into. */
function night(count: number): {readonly report: FleetReport; readonly pages: ReadonlyMap<string, string>} {
  const states = ['done', 'failed', 'down', 'partly', 'pending'] as const;
  const vchs = Array.from({length: count}, (_, at): FleetVch => {
    const vcenter = `vc${at % 2}`;
    return {
      ...{vcenter, id: `vm-${at}`, name: at === 3 ? HOSTILE.join(' ') : `${vcenter}-vch${at}`},
      ...{ownName: null, path: null, containerVMs: 2, wave: at < 3 ? 0 : 1, notBefore: null, worker: 'w'},
      ...{beganAt: '2026-11-26T22:00:00Z', endedAt: '2026-11-26T22:05:00Z', exit: 0, result: 'upgraded'},
      ...{verified: null, outcome: null, state: states[at % states.length] ?? 'done'},
    };
  });
  const at = '2026-11-26T22:00:00Z';
  const [canary, rest] = [0, 1].map((wave) => countTargets(vchs.filter((vch) => vch.wave === wave)));
  const none = countTargets([]);
  const report: FleetReport = {
    schema: 'vch-migrate/fleet-report/v1',
    tool: {name: 'vch-migrate', version: '9.9.9', dataVersion: 10},
    run: {
      ...{id: 'upgrade-1', command: 'upgrade', state: 'held', reason: null, changeId: null, tool: '9.9.9'},
      ...{createdBy: 'ann@here', createdAt: at, startedAt: at, endedAt: null},
    },
    ...{release: null, summary: countTargets(vchs), workers: [], vchs, events: [], next: 'nothing'},
    budget: {failed: {used: 1, limit: 2}, unreachable: {used: 0, limit: null}, perVcenter: null},
    waves: [
      {name: 'canary', state: 'settled', gate: 'approve', approval: null, summary: canary ?? none},
      {name: 'rest', state: 'open', gate: 'approve', approval: null, summary: rest ?? none},
    ],
    vcenters: ['vc0', 'vc1'].map((name) => ({
      ...{name, url: `https://${name}.example/sdk`, concurrency: 2},
      summary: countTargets(vchs.filter(({vcenter}) => vcenter === name)),
    })),
    leftOut: [
      {vcenter: 'vc2', id: null, name: null, why: 'unplanned', message: `no answer ${HOSTILE.join(' ')}`},
      {vcenter: 'vc0', id: 'vm-9', name: 'odd', why: 'no-wave', message: 'it is in no wave'},
    ],
  };
  const pages = REPORTS.map((one) => vchHtml(one, vmsShown(count), MORE));
  return {
    report,
    pages: new Map(
      vchs
        .filter(({state}) => state !== 'pending')
        .map(({vcenter, id}, at) => [`${vcenter}/${id}`, pages[at % pages.length] ?? '']),
    ),
  };
}

describe('the page of a fleet', () => {
  it('names elements of a VCH as nothing else on the page, and leads to them alone', () => {
    for (const report of REPORTS) {
      const page = vchHtml(report, 5, MORE);
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      expect(ids.filter((id) => !id?.startsWith('v-'))).to.deep.equal([]);
      for (const [, to] of page.matchAll(/ (?:href="#|aria-labelledby=")(?!i-)([^"]*)"/g))
        expect(to).to.match(/^v-/);
    }
  });

  it('has the worst containerVMs of a large VCH, and says how to see the others', () => {
    expect(vmsShown(2)).to.equal(10_000);
    expect(vmsShown(2_000)).to.equal(10);
    const page = vchHtml(mixed, 2, MORE);
    expect(page.match(/<details class="vm"/g)).to.have.length(2);
    expect(page)
      .to.match(/and \d+ more:/)
      .and.contain('--of-vch');
    expect(vchHtml(mixed, 100, MORE)).to.not.contain('--of-vch');
  });
});

describeWithBrowser('the page of a fleet in Chromium', (browser) => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  /** Opens a page as a person does, from a file; whatever it complains of or asks for is a failure. */
  async function withPage(
    count: number,
    use: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const {report, pages} = night(count);
    const path = join(folder, `fleet-${count}.html`);
    writeFileSync(path, fleetHtml(report, undefined, pages));
    const context = await browser().newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage();
    const {href} = pathToFileURL(path);
    const trouble = watchPage(page, (url) => url === href);
    try {
      await page.goto(href);
      await use(page);
      expect(trouble).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  const tile = (page: Page, vch: string) => page.locator(`#waves details[data-k="${vch}"] > summary`);

  it('opens each VCH into what its own report says, also from what needs attention, and closes it again', () =>
    withPage(5, async (page) => {
      for (const [at, report] of REPORTS.slice(0, 4).entries()) {
        const key = `vc${at % 2}/vm-${at}`;
        const opener =
          at === 2 ? page.locator(`#attention details[data-k="${key}"] > summary`) : tile(page, key);
        await opener.click();
        // Beyond that, a hostile name has characters that a browser shows as others.
        expect((await page.locator('#vch h1').innerText()).slice(0, 30)).to.equal(
          verdict(report).sentence.slice(0, 30),
        );
        expect(await page.locator('#vch details.vm').count()).to.equal(
          report.vms.filter(({kind}) => kind === 'container').length,
        );
        await page.keyboard.press('Escape');
        await page.locator('#vch').waitFor({state: 'hidden'});
        await page.locator('#vch-report > *').first().waitFor({state: 'detached'});
      }
      // One that was not worked on has no report; its tile has what is known.
      await tile(page, 'vc0/vm-4').click();
      expect(await page.locator('#waves details[data-k="vc0/vm-4"]').getAttribute('open')).to.not.equal(null);
    }));

  it('shows a VCH in its place where no script runs', () =>
    withPage(
      5,
      async (page) => {
        await tile(page, 'vc1/vm-1').click();
        const details = page.locator('#waves details[data-k="vc1/vm-1"]');
        expect(await details.innerText()).to.contain(verdict(failed).sentence);
      },
      {javaScriptEnabled: false},
    ));

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
  ] as const)
    it(`has no violation of axe-core's rules at ${width} pixels, ${colorScheme}, nor has an open VCH, and none is wider than that`, () =>
      withPage(
        5,
        async (page) => {
          await page.evaluate(AXE);
          expect(await page.evaluate(VIOLATIONS)).to.deep.equal([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
          for (const key of ['vc0/vm-2', 'vc1/vm-3']) {
            await tile(page, key).click();
            expect(await page.evaluate('vch.scrollWidth - vch.clientWidth'), key).to.equal(0);
            if (key === 'vc0/vm-2') expect(await page.evaluate(VIOLATIONS)).to.deep.equal([]);
            await page.click('#vch-close');
          }
        },
        {viewport: {width, height: 900}, colorScheme},
      ));
});
