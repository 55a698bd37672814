import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import type {BrowserContextOptions, Page} from 'playwright-core';
import {toHtml} from '../../src/report/formats/html.js';
import type {Report} from '../../src/report/report.js';
import {describeWithBrowser} from '../browser.js';
import {hostileReport} from './hostile-report.js';
import {checked, many, mixed} from './html-examples.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeWithBrowser('html report in Chromium', (browser) => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  /** Opens a report as a person does, from a file; whatever the page complains of or asks for is a failure. */
  async function withPage(
    report: Report,
    use: (page: Page, trouble: string[]) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const path = join(folder, 'report.html');
    writeFileSync(path, toHtml(report));
    const url = pathToFileURL(path).href;
    const context = await browser().newContext({viewport: {width: 1280, height: 900}, ...options});
    try {
      const page = await context.newPage();
      const trouble: string[] = [];
      page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => trouble.push(String(error)));
      page.on('dialog', (dialog) => {
        trouble.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (request.url() !== url && request.url() !== 'data:,') trouble.push(`request: ${request.url()}`);
      });
      await page.goto(url);
      await page.getByRole('status').waitFor();
      await use(page, trouble);
      expect(trouble).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  const rowNames = (page: Page) => page.locator('tbody button.open').allTextContents();
  const tally = (page: Page) => page.getByRole('status').textContent();

  /** axe-core's violations in the page as it is now, by rule. */
  async function violations(page: Page): Promise<unknown> {
    await page.evaluate(AXE);
    return page.evaluate(
      'axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, ...nodes.map(({html}) => html)]))',
    );
  }

  it('shows totals, steps, findings, the next command and every VM', async () => {
    await withPage(mixed, async (page) => {
      expect(await page.title()).to.equal('Apply to VCH vch1');
      const picture = page.getByRole('img');
      expect(await picture.getAttribute('aria-label')).to.equal(
        '4 containerVMs: 1 pending, 1 unchanged, 1 refused, 1 failed',
      );
      expect(await picture.locator('rect').count()).to.equal(4);
      expect(await page.locator('.steps li').allTextContents()).to.deep.equal([
        'reading 03:04:05 UTC, 0.4 s',
        'writing 03:04:05 UTC, 0.6 s, interrupted',
      ]);
      expect(await page.locator('main').textContent())
        .to.include('the hidden name is kept')
        .and.include('vch-migrate apply --name vch1');
      expect(await rowNames(page)).to.deep.equal([
        'app-2222',
        'cache-1111',
        'db-ffffffffffff',
        'web-0a1b2c3d4e5f',
      ]);
    });
  });

  it('filters by status and rename class', async () => {
    await withPage(mixed, async (page) => {
      await page.getByLabel('pending (1)').check();
      await page.getByLabel('refused (1)').check();
      expect(await rowNames(page)).to.deep.equal(['db-ffffffffffff', 'web-0a1b2c3d4e5f']);
      await page.getByRole('button', {name: 'Clear filters'}).click();
      await page.getByLabel('not-persisted-by-vic (1)').check();
      expect(await rowNames(page)).to.deep.equal(['app-2222']);
      expect(await tally(page)).to.equal('1 of 4 VMs, page 1 of 1');
    });
  });

  it('searches names, values and messages', async () => {
    await withPage(mixed, async (page) => {
      const search = page.getByRole('searchbox');
      for (const [typed, found] of [
        ['CACHE', ['cache-1111']],
        ['vcenter refused', ['app-2222']],
        ['vm-14', ['db-ffffffffffff']],
        ['nothing like it', []],
      ] as const) {
        await search.fill(typed);
        expect(await rowNames(page)).to.deep.equal(found);
      }
    });
  });

  it('sorts by a column, and the other way round', async () => {
    await withPage(mixed, async (page) => {
      const header = page.getByRole('columnheader', {name: 'Data version'});
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).to.equal('ascending');
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).to.equal('descending');
      expect((await rowNames(page)).slice(0, 2)).to.deep.equal(['cache-1111', 'app-2222']);
      expect(await page.locator('[aria-sort]').count()).to.equal(1);
    });
  });

  it("opens and closes a VM's changes, error and findings", async () => {
    await withPage(mixed, async (page) => {
      const button = page.getByRole('button', {name: 'web-0a1b2c3d4e5f'});
      await button.click();
      const cells = page.getByRole('table', {name: 'Changes of web-0a1b2c3d4e5f'}).locator('tbody td');
      expect(await cells.allTextContents()).to.deep.equal([
        'common/name',
        'absent',
        'web',
        'common/rename-disabled',
        'absent',
        'true',
      ]);
      expect(await page.locator('tr.detail:visible').textContent()).to.include('names-differ');
      await button.click();
      expect(await page.locator('tr.detail:visible').count()).to.equal(0);
      await page.getByRole('button', {name: 'Show all details on this page'}).click();
      expect(await page.locator('tr.detail:visible').count()).to.equal(4);
      expect(await page.locator('tr.detail:visible').first().textContent()).to.include(
        'VCH_ERR_VIM_FAULT: vCenter refused it',
      );
    });
  });

  it('is worked with the keyboard alone', async () => {
    await withPage(mixed, async (page) => {
      const focused = () =>
        page.evaluate('(document.activeElement.textContent || document.activeElement.value).trim()');
      await page.keyboard.press('Tab');
      expect(await focused()).to.match(/colours$/);
      await page.keyboard.press('Tab');
      await page.keyboard.type('web-0a');
      expect(await rowNames(page)).to.deep.equal(['web-0a1b2c3d4e5f']);
      for (let presses = 0; (await focused()) !== 'web-0a1b2c3d4e5f'; presses += 1) {
        if (presses > 40) throw new Error('the VM cannot be reached with Tab');
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Enter');
      expect(await page.locator('tr.detail:visible').count()).to.equal(1);
      expect(await focused()).to.equal('web-0a1b2c3d4e5f');
      await page.keyboard.press('Space');
      expect(await page.locator('tr.detail:visible').count()).to.equal(0);
    });
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has no violation of axe-core's rules in its ${colorScheme} colours`, async () => {
      const options = {colorScheme, bypassCSP: true};
      await withPage(
        checked,
        async (page) => {
          expect(await violations(page)).to.deep.equal([]);
          await page.getByRole('button', {name: 'Show all details on this page'}).click();
          expect(await violations(page)).to.deep.equal([]);
        },
        options,
      );
    });
  }

  it('changes between dark and light at a button', async () => {
    await withPage(mixed, async (page) => {
      const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const light = await paper();
      await page.getByRole('button', {name: 'Dark colours'}).click();
      expect(await paper()).to.not.equal(light);
      await page.getByRole('button', {name: 'Light colours'}).click();
      expect(await paper()).to.equal(light);
    });
  });

  it('is ready, searched and sorted with 5,000 VMs, and prints them all', async () => {
    await withPage(many, async (page) => {
      const ready = Number(await page.evaluate('performance.now()'));
      console.log(`      5,000 VMs ready after ${Math.round(ready)} ms`);
      expect(await tally(page)).to.equal('5000 of 5000 VMs, page 1 of 50');
      expect((await rowNames(page)).length).to.equal(100);
      await page.getByRole('searchbox').fill('web4321');
      expect(await rowNames(page)).to.deep.equal(['web-4321-eeeeeeeeeeee…']);
      await page.getByRole('searchbox').fill('');
      await page.getByLabel('refused (500)').check();
      await page.getByRole('button', {name: 'Next page'}).click();
      expect(await tally(page)).to.equal('500 of 5000 VMs, page 2 of 5');
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect((await rowNames(page)).length).to.equal(500);
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      expect((await rowNames(page)).length).to.equal(100);
    });
  });

  it('prints without its controls', async () => {
    await withPage(mixed, async (page) => {
      await page.emulateMedia({media: 'print'});
      expect(await page.locator('.filters, .pager button, #theme').filter({visible: true}).count()).to.equal(
        0,
      );
      expect(await page.locator('tbody tr:visible').count()).to.equal(4);
    });
  });

  it('shows hostile names as the text they are, and runs nothing', async () => {
    await withPage(
      hostileReport(),
      async (page) => {
        await page.getByRole('button', {name: 'Show all details on this page'}).click();
        expect(await page.locator('script').count()).to.equal(2);
        expect(await page.locator('main img, main a, main iframe, main b').count()).to.equal(0);
        const names = await rowNames(page);
        expect(names).to.include('<script>alert(1)</script>').and.include('&lt;b&gt; &#60;script&#62;');
        expect(await violations(page)).to.deep.equal([]);
      },
      {bypassCSP: true},
    );
  });

  it('would not run a script that came in all the same', async () => {
    await withPage(mixed, async (page, trouble) => {
      const told = page.waitForEvent('console');
      await page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))",
      );
      expect((await told).text()).to.include('Content Security Policy');
      expect(await page.title()).to.equal('Apply to VCH vch1');
      expect(trouble.splice(0)).to.have.length(1);
    });
  });
});
