import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {expect} from 'chai';
import type {BrowserContextOptions, Page} from 'playwright-core';
import type {Listing} from '../../src/report/format.js';
import {html, toHtml} from '../../src/report/formats/html.js';
import {listingPage, listingText} from '../../src/report/ls.js';
import type {Report} from '../../src/report/report.js';
import {verdict} from '../../src/report/verdict.js';
import {describeWithBrowser, watchPage} from '../browser.js';
import {sampleOf} from '../depth.js';
import {hostileReport} from './hostile-report.js';
import {many, mixed} from './html-examples.js';
import {down, EVERY, failed, upgraded} from './night-report.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Use = (page: Page, trouble: string[]) => Promise<void>;

/** A report with one VM of each status: axe-core takes long over many rows, and more of a kind show it nothing new. */
function oneOfEach(report: Report): Report {
  const seen = new Set<string>();
  const vms = report.vms.filter(
    ({kind, status}) => !seen.has(`${kind} ${status}`) && seen.add(`${kind} ${status}`),
  );
  return {...report, vms};
}

describe('html report', () => {
  for (const [name, report] of Object.entries(EVERY))
    it(`of ${name} has no style or script in an attribute, also for a report of an earlier release`, () => {
      const {actions, compared, upgrade, steps, checks, ...old} = report;
      const earlier = {...old, ...(upgrade && {upgrade: earlierUpgrade(upgrade)})};
      for (const page of [toHtml(report), toHtml(earlier)]) {
        expect(page.match(/<[^>]*\s(?:style|on[a-z]+)=[^>]*>/g)).to.equal(null);
        expect(
          page.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, '').match(/undefined|NaN|\[object/g),
        ).to.equal(null);
        expect(page).to.match(/<h1 id="h-v">.+<\/h1>/);
      }
    });
});

/** The words of a page's section, without its markup. */
function words(page: string, id: string): string {
  const [section = ''] = new RegExp(`<section [^>]*id="${id}".*?</section>`, 's').exec(page) ?? [];
  return section.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

describe('html report of a failed upgrade', () => {
  it('shows as "now" only what was seen: no snapshot that was removed, no version that was not read', () => {
    expect(words(toHtml(failed), 'state'))
      .to.include('Upgrade lock None')
      .and.not.include('snapshot-2790');
    const left = [{code: 'snapshot-left', message: 'the snapshot is left'}];
    expect(words(toHtml({...failed, findings: left}), 'state')).to.include('Snapshot snapshot-2790');
    expect(words(toHtml(down), 'state'))
      .to.include('Version last read v1.2.1')
      .and.include('Snapshot snapshot-2790');
  });

  it('says once why it failed, with its code', () => {
    for (const report of [failed, down]) {
      const page = toHtml(report);
      expect(page.match(/was still waiting for/g)).to.have.length(1);
      expect(words(page, 'attention'))
        .to.include('Upgrading VCH exceeded time limit of 10m0s.')
        .and.not.match(/was still waiting for|VCH_ERR_TIMEOUT|VCH_ERR_ROLLBACK_FAILED/);
      expect(page).to.include(`<code class="codes">${report.upgrade?.error?.code}`);
    }
  });

  it('tells of containerVMs that the checks had set aside before', () => {
    expect(words(toHtml(failed), 'attention')).to.include(
      '1 problem, then 3 of 21 containerVMs, which the checks had set aside before',
    );
  });

  it('copies each command by itself, and breaks it neither after an option nor in a word', () => {
    const page = toHtml(down);
    const copies = [...page.matchAll(/<div class="cmd"><code>(.*?)<\/code>/g)].map(([, code = '']) => code);
    expect(copies.map((code) => code.replace(/<[^>]*>/g, ''))).to.include.members([
      'govc vm.power -off -force VirtualMachine:vm-2101',
      'govc vm.power -on VirtualMachine:vm-2101',
    ]);
    expect(page)
      .to.include('<span class="w">-e UpdateInProgress=</span>')
      .and.include('using <span class="nw">--timeout</span> to');
  });

  it('calls the step down until the VCH was up again, though it went on', () => {
    expect(words(toHtml(failed), 'timeline')).to.include('Put back VCH down, then up');
  });
});

/** An upgrade as an earlier release told it. */
function earlierUpgrade({before, target, outage, ...told}: NonNullable<Report['upgrade']>) {
  return told;
}

describeWithBrowser('html report in Chromium', (browser) => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  const withReport = (report: Report, use: Use, options?: BrowserContextOptions) =>
    withPage(toHtml(report), use, options);
  const withListing = (listing: Listing, use: Use) =>
    withPage(html.listing?.(listing, {columns: 80, colour: false}) ?? '', use, {bypassCSP: true});

  /** Opens a page as a person does, from a file; whatever the page complains of or asks for is a failure. */
  async function withPage(content: string, use: Use, options: BrowserContextOptions = {}): Promise<void> {
    const path = join(folder, 'report.html');
    writeFileSync(path, content);
    const url = pathToFileURL(path).href;
    const context = await browser().newContext({viewport: {width: 1280, height: 900}, ...options});
    try {
      const page = await context.newPage();
      const trouble = watchPage(page, (asked) => asked === url);
      page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
      await page.goto(url);
      await page.getByRole('heading', {level: 1}).waitFor();
      await use(page, trouble);
      expect(trouble).to.deep.equal([]);
    } finally {
      await context.close();
    }
  }

  const rowNames = (page: Page) => page.locator('.list .open').allTextContents();
  const tally = (page: Page) => page.locator('#tally').textContent();
  const shown = (page: Page) => page.locator('.list .x:visible');

  /** axe-core's violations in the page as it is now, by rule. */
  async function violations(page: Page): Promise<unknown> {
    await page.evaluate(AXE);
    return page.evaluate(
      'axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, ...nodes.map(({html}) => html)]))',
    );
  }

  /** What sticks out of the screen to the right, by its markup. */
  const tooWide = (page: Page) =>
    page.evaluate(
      `document.documentElement.scrollWidth > innerWidth
        ? [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 90))
        : []`,
    );

  const pages = Object.entries(EVERY);
  for (const [name, report] of sampleOf('HTML pages through axe-core', pages, {
    sample: 2,
    ci: pages.length,
  })) {
    it(`of ${name}: no violation of axe-core's rules at three widths`, async () => {
      const colorScheme = name.length % 2 === 0 ? 'light' : 'dark';
      await withReport(
        oneOfEach(report),
        async (page) => {
          const expand = page.getByRole('button', {name: 'Show all details on this page'});
          if (await expand.isVisible()) await expand.click();
          for (const width of [1280, 768, 390]) {
            await page.setViewportSize({width, height: 844});
            expect(await violations(page), `${width} px, ${colorScheme}`).to.deep.equal([]);
          }
        },
        {colorScheme, bypassCSP: true},
      );
    });
  }

  it('is never wider than a phone, whatever the command', async () => {
    const sizes = {sample: 4, ci: pages.length};
    for (const [name, report] of sampleOf('HTML pages on a phone', pages, sizes))
      await withReport(
        report,
        async (page) => {
          expect(await tooWide(page), name).to.deep.equal([]);
        },
        {viewport: {width: 390, height: 844}},
      );
  });

  it('shows a listing as a table, and one without columns as its text', async () => {
    const vchs = [failed.vch, {...failed.vch, id: 'vm-7', name: '<b>other</b>'}];
    const next = 'vch-migrate plan --id vm-7';
    const listed = {target: failed.target, vchs};
    await withListing(
      {document: {next}, text: listingText(listed), page: listingPage(listed)},
      async (page) => {
        expect(await page.getByRole('heading', {level: 1}).textContent()).to.include('2 VCHs on');
        expect(await page.locator('tbody th').allTextContents()).to.deep.equal([
          'vch-web-07',
          '<b>other</b> (vch-web-07)',
        ]);
        expect(await page.locator('.cmd code').allTextContents()).to.deep.equal([next]);
        for (const width of [1280, 390]) {
          await page.setViewportSize({width, height: 844});
          expect(await violations(page)).to.deep.equal([]);
          expect(await tooWide(page)).to.deep.equal([]);
        }
      },
    );
    await withListing({document: {next}, text: () => [['Plugins: 1'], ['  <i>0001</i>']]}, async (page) => {
      expect(await page.locator('h1, pre').allTextContents()).to.deep.equal(['Plugins: 1', '  <i>0001</i>']);
      expect(await page.locator('.cmd').count()).to.equal(0);
    });
  });

  it('says first what happened, then what it cost, then what to do', async () => {
    await withReport(failed, async (page) => {
      const sentence = 'The upgrade of vch-web-07 failed; it is back on v1.2.1';
      expect(await page.title()).to.equal(sentence);
      expect(await page.getByRole('heading', {level: 1}).textContent()).to.equal(sentence);
      expect(await page.locator('.kpis .big').allTextContents()).to.deep.equal([
        'v1.2.1',
        '13 min 13 s',
        '20 min 40 s',
        '21',
      ]);
      expect(await page.locator('.todo code').allTextContents()).to.deep.equal(
        verdict(failed).actions.map(({command}) => command),
      );
      expect(await page.locator('main h2').allTextContents()).to.deep.equal([
        'What to do now',
        'Needs attention',
        'Timeline',
        'State now',
        'Also noted',
        'ContainerVMs',
        'Details',
      ]);
      const fold = await page.locator('.verdict').boundingBox();
      expect((fold?.y ?? 900) + (fold?.height ?? 0)).to.be.below(900);
    });
  });

  it('has what to do on the first screen of a phone, numbered, before what it cost', async () => {
    for (const report of [failed, down])
      await withReport(
        report,
        async (page) => {
          const top = async (css: string) => (await page.locator(css).first().boundingBox())?.y ?? Number.NaN;
          expect(await top('.todo li')).to.be.below(844);
          expect(await top('.todo')).to.be.below(await top('.kpis'));
          const number = await page.evaluate(
            "getComputedStyle(document.querySelector('.todo li'), '::before').display",
          );
          expect(number).to.equal('grid');
        },
        {viewport: {width: 390, height: 844}},
      );
  });

  it('has the same red head in the dark', async () => {
    const heads: unknown[] = [];
    for (const colorScheme of ['light', 'dark'] as const)
      await withReport(
        down,
        async (page) => {
          heads.push(
            await page.evaluate("getComputedStyle(document.querySelector('.v-head')).backgroundColor"),
          );
        },
        {colorScheme},
      );
    expect(heads).to.deep.equal(['rgb(198, 40, 40)', 'rgb(198, 40, 40)']);
  });

  it('has a solid head only if a person is needed now', async () => {
    for (const [report, solid] of [
      [down, 1],
      [failed, 0],
    ] as const)
      await withReport(report, async (page) => {
        expect(await page.locator('.crit').count()).to.equal(solid);
      });
  });

  it('shows the outage in the timeline, and the steps as people see them', async () => {
    await withReport(failed, async (page) => {
      expect(await page.locator('.tl li b').allTextContents()).to.deep.equal([
        'Check and plan',
        'Upload ISO files',
        'Write containerVMs',
        'Take the snapshot',
        'Upgrade and boot: failed',
        'Put back',
        'Verify and unlock',
      ]);
      expect(await page.locator('.band-t').textContent()).to.equal('VCH down 13 min 13 s');
      const share = ['x', 'width'].map((name) => page.locator('.band').first().getAttribute(name));
      expect(await Promise.all(share)).to.deep.equal(['34.52%', '63.95%']);
    });
  });

  it('shows the appliance apart, grouped by purpose', async () => {
    await withReport(upgraded, async (page) => {
      expect(await page.locator('#appliance .g th').allTextContents()).to.deep.equal([
        'Version',
        'Boot files',
        'Insecure registries',
        'Proxy of vicadmin',
        'Services that start',
        'Hidden name',
      ]);
      expect(await page.locator('#appliance').textContent()).to.not.include('.started');
      expect(await rowNames(page)).to.not.include('vch-web-07');
    });
  });

  it('copies exactly what runs', async () => {
    await withReport(
      failed,
      async (page) => {
        const button = page.locator('.todo [data-copy]').nth(2);
        await button.click();
        await page.getByText('Copied').first().waitFor();
        expect(await page.evaluate('navigator.clipboard.readText()')).to.equal(failed.actions?.[1]?.command);
      },
      {permissions: ['clipboard-read', 'clipboard-write']},
    );
  });

  it('lists the worst first, and leads from a name to its row', async () => {
    await withReport(upgraded, async (page) => {
      expect((await rowNames(page))[2]).to.equal('legacy-reports');
      await page.getByRole('button', {name: /^Changed/}).click();
      await page.locator('.names a', {hasText: 'legacy-reports'}).click();
      expect(await rowNames(page)).to.have.length(21);
      expect(await shown(page).textContent()).to.include('VCH_ERR_HOST_UNREACHABLE');
    });
  });

  it('filters by status, and chips add up', async () => {
    await withReport(mixed, async (page) => {
      await page.getByRole('button', {name: 'Will change 1'}).click();
      await page.getByRole('button', {name: 'Refused 1'}).click();
      expect(await rowNames(page)).to.deep.equal(['db-ffffffffffff', 'web']);
      await page.getByRole('button', {name: 'Clear', exact: true}).click();
      expect(await tally(page)).to.equal('4 containerVMs');
    });
  });

  it('searches names, ids, keys, values and messages', async () => {
    await withReport(mixed, async (page) => {
      const search = page.getByRole('searchbox');
      for (const [typed, found] of [
        ['CACHE', ['cache']],
        ['vcenter refused', ['app']],
        ['vm-14', ['db-ffffffffffff']],
        ['nothing like it', []],
      ] as const) {
        await search.fill(typed);
        expect(await rowNames(page)).to.deep.equal(found);
      }
    });
  });

  it('sorts by a column, and the other way round', async () => {
    await withReport(mixed, async (page) => {
      const header = page.getByRole('columnheader', {name: 'Data version'});
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).to.equal('ascending');
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).to.equal('descending');
      expect((await rowNames(page)).slice(0, 2)).to.deep.equal(['cache', 'app']);
      expect(await page.locator('[aria-sort]').count()).to.equal(1);
    });
  });

  it("opens and closes a VM's changes, error and findings", async () => {
    await withReport(mixed, async (page) => {
      const button = page.getByRole('button', {name: 'web', exact: true});
      await button.click();
      const rows = page.getByRole('table', {name: 'Changes of web-0a1b2c3d4e5f'}).locator('tbody tr');
      expect(await rows.allTextContents()).to.deep.equal([
        'common/nameabsentweb',
        'common/rename-disabledabsenttrue',
      ]);
      expect(await shown(page).textContent()).to.include('names-differ');
      await button.click();
      expect(await shown(page).count()).to.equal(0);
      await page.getByRole('button', {name: 'Show all details on this page'}).click();
      expect(await shown(page).count()).to.equal(4);
      expect(await shown(page).first().textContent()).to.include('vCenter refused it VCH_ERR_VIM_FAULT');
    });
  });

  it('is worked with the keyboard alone', async () => {
    await withReport(mixed, async (page) => {
      const focused = () =>
        page.evaluate('(document.activeElement.textContent || document.activeElement.value).trim()');
      await page.keyboard.press('Tab');
      expect(await focused()).to.equal('Skip to the report');
      await page.keyboard.press('/');
      await page.keyboard.type('nothing');
      expect(await rowNames(page)).to.deep.equal([]);
      await page.keyboard.press('Escape');
      expect(await rowNames(page)).to.have.length(4);
      await page.keyboard.type('web-0a');
      expect(await rowNames(page)).to.deep.equal(['web']);
      for (let presses = 0; (await focused()) !== 'web'; presses += 1) {
        if (presses > 40) throw new Error('the VM cannot be reached with Tab');
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Enter');
      expect(await shown(page).count()).to.equal(1);
      expect(await focused()).to.equal('web');
      await page.keyboard.press('Space');
      expect(await shown(page).count()).to.equal(0);
    });
  });

  it('changes between dark and light at a button', async () => {
    await withReport(mixed, async (page) => {
      const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const light = await ground();
      await page.getByRole('button', {name: 'Dark colours'}).click();
      expect(await ground()).to.not.equal(light);
      await page.getByRole('button', {name: 'Light colours'}).click();
      expect(await ground()).to.equal(light);
    });
  });

  it('has 10,000 VMs ready, a page at a time, and prints them all', async () => {
    await withReport(many(10_000), async (page) => {
      const ready = Number(await page.evaluate('performance.now()'));
      const bytes = statSync(join(folder, 'report.html')).size;
      console.log(`      10,000 VMs (${Math.round(bytes / 1e6)} MB) ready after ${Math.round(ready)} ms`);
      // What a browser lays out, and what it reads, bound its time.
      expect(Number(await page.evaluate("document.querySelectorAll('*').length"))).to.be.below(6_000);
      expect(bytes / 10_000).to.be.below(2_200);
      expect(await tally(page)).to.equal('10000 containerVMs, page 1 of 100');
      expect((await rowNames(page)).length).to.equal(100);
      await page.getByRole('searchbox').fill('web4321');
      expect(await rowNames(page)).to.deep.equal(['web4321']);
      await page.getByRole('searchbox').fill('');
      await page.getByRole('button', {name: 'Refused 1000'}).click();
      await page.getByRole('button', {name: 'Next page'}).click();
      expect(await tally(page)).to.equal('1000 of 10000 containerVMs, page 2 of 10');
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect((await rowNames(page)).length).to.equal(1000);
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      expect((await rowNames(page)).length).to.equal(100);
    });
  });

  it('prints without its controls, the summary on a page of its own', async () => {
    await withReport(upgraded, async (page) => {
      await page.emulateMedia({media: 'print'});
      expect(await page.locator('.btn, .chip, .top, nav, input').filter({visible: true}).count()).to.equal(0);
      expect(await page.locator('.list .m:visible').count()).to.equal(21);
      const breaks = await page.evaluate(
        "[...document.querySelectorAll('section')].map((e) => getComputedStyle(e).breakBefore)",
      );
      expect(breaks).to.include('page');
    });
  });

  it('is all there without script', async () => {
    await withReport(
      upgraded,
      async (page) => {
        expect(await shown(page).count()).to.equal(21);
        expect(await page.locator('main').textContent()).to.include(
          'legacy-reports (vm-2281) cannot be read',
        );
        expect(await page.locator('.js-only:visible').count()).to.equal(0);
      },
      {javaScriptEnabled: false},
    );
  });

  it('shows hostile names as the text they are, and runs nothing', async () => {
    await withReport(
      hostileReport(),
      async (page) => {
        await page.getByRole('button', {name: 'Show all details on this page'}).click();
        expect(await page.locator('script').count()).to.equal(1);
        expect(await page.locator('main img, main a:not([href^="#"]), main iframe').count()).to.equal(0);
        const names = await page.locator('.list .open').allTextContents();
        expect(names.join())
          .to.include('<script>alert(1)</script>')
          .and.include('&lt;b&gt; &#60;script&#62;');
        expect(await violations(page)).to.deep.equal([]);
        await page.setViewportSize({width: 390, height: 844});
        expect(await tooWide(page)).to.deep.equal([]);
      },
      {bypassCSP: true},
    );
  });

  it('would not run a script that came in all the same', async () => {
    await withReport(mixed, async (page, trouble) => {
      const told = page.waitForEvent('console');
      await page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'document.title = 1'}))",
      );
      expect((await told).text()).to.include('Content Security Policy');
      expect(await page.title()).to.not.equal('1');
      expect(trouble.splice(0)).to.have.length(1);
    });
  });
});
