import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {request} from 'node:http';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as later} from 'node:timers/promises';
import {expect} from 'chai';
import type {Page} from 'playwright-core';
import {cancel, startRun} from '../../src/fleet/control.js';
import type {FleetDatabase} from '../../src/fleet/database.js';
import {type EmbeddedDatabase, openEmbedded} from '../../src/fleet/embedded.js';
import {openIdle} from '../../src/fleet/idle-database.js';
import {migrateSchema} from '../../src/fleet/schema.js';
import {serveRun} from '../../src/fleet/serve.js';
import {serveSocket} from '../../src/fleet/socket.js';
import {embeddedSource, sharedSource} from '../../src/fleet/source.js';
import {holderOf, stateDirectory, withStateDirectory} from '../../src/fleet/state-directory.js';
import {addEvent, advanceRun, keepReport, lockedRun} from '../../src/fleet/store.js';
import {lastReport, readRun} from '../../src/fleet/view.js';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {vchHtml} from '../../src/report/fleet/vch-html.js';
import type {Clock, SleepOptions} from '../../src/vim25/clock.js';
import {describeWithBrowser, watchPage} from '../browser.js';
import {sampleOf} from '../depth.js';
import {hostileReport} from '../report/hostile-report.js';
import {planned} from './fake-hands.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIOLATIONS =
  'axe.run().then(({violations}) => violations.map(({id, nodes}) => [id, ...nodes.slice(0, 2).map(({html}) => html)]))';
const HOSTILE = '"><img src=x onerror=alert(3)><script>alert(1)</script>';
const TOKEN = 'a-token-of-the-test';
const SERVED = {
  ...{host: '127.0.0.1', port: 0, token: TOKEN},
  publicHosts: ['fleet.example', 'other.example:8443'],
};
const TOOL = {name: 'vch-migrate', version: '9.9.9', dataVersion: 10} as const;

describeWithBrowser('fleet/serve', (browser) => {
  let folder: string;
  let database: EmbeddedDatabase;
  let run: string;
  let server: Awaited<ReturnType<typeof serveRun>>;
  const report = () =>
    readRun(database, run, {tool: TOOL, events: 100, line: (words) => `vch-migrate fleet ${words}`});

  const reportPage = async (key: string) => {
    const own = await lastReport(database, run, key);
    return own && vchHtml(own, 10, `vch-migrate fleet report ${run} --of-vch ${key}`);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vch-fleet-'));
    database = await openEmbedded(stateDirectory(folder));
    await migrateSchema(database);
    const vcenters = Object.fromEntries(Array.from({length: 10}, (_, at) => [`vc${at}`, 20]));
    run = await planned(database, {
      vcenters,
      waves: '[{name: canary, count: 20, spread: vcenter}, {name: rest}]',
    });
    await startRun(database, run, {who: 'ann@here'});
    await database.query(
      "UPDATE vch_fleet.target SET name = $2 WHERE run = $1 AND vcenter = 'vc0' AND vch = 'vm-0'",
      [run, HOSTILE],
    );
    const outcome = {
      summary: null,
      version: null,
      attention: [],
      next: null,
      error: {code: 'VCH_ERR_TIMEOUT', message: HOSTILE},
    };
    await database.query(
      "UPDATE vch_fleet.target SET state = CASE WHEN vcenter = 'vc0' THEN 'failed' ELSE 'done' END, outcome = $2, began_at = now(), ended_at = now() WHERE run = $1 AND wave = 0",
      [run, JSON.stringify(outcome)],
    );
    await database.transaction(async (statements) =>
      advanceRun(statements, await lockedRun(statements, run)),
    );
    server = await serveRun({...SERVED, run, report, page: reportPage, source: sharedSource(database)});
  });
  after(async () => {
    await server.close();
    if (!database.pglite.closed) await database.close();
    rmSync(folder, {recursive: true, force: true});
  });

  async function withPage(
    use: (page: Page, trouble: readonly string[]) => Promise<void>,
    width = 1280,
    scheme: 'light' | 'dark' = 'light',
  ) {
    const context = await browser().newContext({
      viewport: {width, height: 900},
      colorScheme: scheme,
      bypassCSP: false,
    });
    const page = await context.newPage();
    const trouble = watchPage(page, (url) => url.startsWith(server.url));
    try {
      await page.goto(`${server.url}#token=${TOKEN}`);
      await use(page, trouble);
    } finally {
      await context.close();
    }
  }

  it('shows two hundred VCHs; hostile names do nothing, and nothing is loaded from elsewhere', () =>
    withPage(async (page, trouble) => {
      expect(await page.locator('#waves .t').count()).to.equal(200);
      expect(await page.locator('#waves').innerText()).to.contain('onerror=alert');
      expect(page.url()).to.equal(server.url);
      await page.fill('#fleet-q', 'vc3-vch7');
      expect(await page.locator('#waves .t:visible').count()).to.equal(1);
      expect(trouble).to.deep.equal([]);
    }));

  it('opens a VCH into its own report, as it is now', () =>
    withPage(async (page, trouble) => {
      const key = {run, vcenter: 'vc1', vch: 'vm-0'};
      // PostgreSQL has no NUL, which one of the hostile names has.
      const own = hostileReport({runId: 'r'});
      await keepReport(database, key, {...own, vch: {...own.vch, id: 'vm-0'}});
      await page.locator('#waves .t details[data-k="vc1/vm-0"] > summary').click();
      await page.locator('#vch h1').waitFor();
      expect(await page.locator('#vch h1').innerText()).to.contain('Ready to change 23 of 46 containerVMs');
      expect(await page.locator('#vch details.vm').count()).to.equal(10);
      expect(trouble).to.deep.equal([]);
    }));

  it('shows at once what has happened, and keeps what the reader has opened and typed', () =>
    withPage(async (page, trouble) => {
      const happening = 'a thing that happens now';
      await page.fill('#fleet-q', 'vc0');
      await page.locator('#waves .t details[data-k="vc0/vm-3"] > summary').click();
      await addEvent(database, run, {type: 'began', vcenter: 'vc5', message: happening});
      await page.locator('#events li', {hasText: happening}).first().waitFor({timeout: 20_000});
      expect(await page.inputValue('#fleet-q')).to.equal('vc0');
      expect(await page.locator('#waves .t details[data-k="vc0/vm-3"]').getAttribute('open')).to.not.equal(
        null,
      );
      expect(trouble).to.deep.equal([]);
    }));

  it('shows what has happened within two seconds, by the clocks of the server and the page', async () => {
    const clock = new SteppedClock();
    const timed = await serveRun({
      ...SERVED,
      run,
      report,
      page: reportPage,
      source: sharedSource(database),
      clock,
    });
    const page = await browser().newPage();
    try {
      // All that the page waits for of itself.
      await page.addInitScript(
        'window.waited = 0; const later = window.setTimeout; window.setTimeout = (what, time = 0) => { window.waited += time; return later(what, 0); };',
      );
      await Promise.all([page.waitForResponse(`${timed.url}events`), page.goto(timed.url)]);
      // Worst: the server has just looked.
      await clock.advance(500);
      await page.evaluate('window.waited = 0');
      await addEvent(database, run, {type: 'began', vcenter: 'vc5', message: 'a thing in time'});
      const toServer = 1_000;
      for (let passed = 0; passed < toServer; passed += 100) await clock.advance(100);
      await page.locator('#events li', {hasText: 'a thing in time'}).first().waitFor({timeout: 20_000});
      expect(toServer + Number(await page.evaluate('window.waited'))).to.be.at.most(2_000);
    } finally {
      await page.close();
      await timed.close();
    }
  });

  const screens = [
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
  ] as const;
  for (const [width, scheme] of sampleOf('screens of a served fleet', screens, {sample: 1, ci: 3}))
    it(`has no violation of axe-core's rules at ${width} pixels, ${scheme}, nor has its dialog, and is no wider than that`, () =>
      withPage(
        async (page) => {
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
          // axe-core takes long over two hundred, and more of a kind show it nothing new.
          await page.fill('#fleet-q', 'vc0-vch1');
          expect(await page.locator('#waves .t:visible').count()).to.equal(11);
          await page.evaluate(AXE);
          expect(await page.evaluate(VIOLATIONS)).to.deep.equal([]);
          await page.click('#approve');
          await page.locator('#ask').waitFor();
          expect(await page.evaluate(VIOLATIONS)).to.deep.equal([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
        },
        width,
        scheme,
      ));

  it('approves for who has the token, by name and with a reason; once', () =>
    withPage(async (page) => {
      await page.click('#approve');
      await page.fill('#ask-token', 'wrong');
      await page.fill('#ask-who', 'Ann');
      await page.fill('#ask-why', 'canaries looked at');
      await page.click('#ask-yes');
      await page.locator('#ask-said', {hasText: 'token is wrong'}).waitFor();
      await page.fill('#ask-token', TOKEN);
      await page.click('#ask-yes');
      await page
        .locator('#events li', {hasText: 'Ann (fleet serve) approved rest after canary'})
        .first()
        .waitFor({timeout: 20_000});
      expect((await report()).run.state).to.equal('running');
      const approvals = await database.query(
        'SELECT wave, who, reason FROM vch_fleet.approval WHERE run = $1',
        [run],
      );
      expect(approvals).to.deep.equal([{wave: 0, who: 'Ann (fleet serve)', reason: 'canaries looked at'}]);
      const again = await fetch(new URL('/approve', server.url), {
        method: 'POST',
        headers: {authorization: `Bearer ${TOKEN}`},
        body: JSON.stringify({wave: 'canary', who: 'Bob', reason: 'me too'}),
      });
      expect(await again.text()).to.contain('was approved already, by Ann');
      expect(again.headers.get('content-security-policy')).to.equal(
        "default-src 'none'; frame-ancestors 'none'",
      );
      expect(
        (await database.query('SELECT who FROM vch_fleet.approval WHERE run = $1', [run])).length,
      ).to.equal(1);
    }));

  it('answers to no other name of this machine, and approves nothing without the token', async () => {
    const ask = (method: string, path: string, headers: Readonly<Record<string, string>>) =>
      new Promise<number>((resolve, reject) => {
        const one = request(new URL(path, server.url), {method, headers}, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        one.on('error', reject);
        one.end();
      });
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:80',
      'other.example:80',
    ])
      expect(await ask('GET', '/', {host}), host).to.equal(421);
    // As through a tunnel from another port, at an address of this machine, and behind a proxy.
    for (const host of [
      'localhost:9000',
      '127.0.0.1:9000',
      '[::1]:80',
      '192.0.2.7',
      'FLEET.example',
      'other.example:8443',
    ])
      expect(await ask('GET', '/report.json', {host}), host).to.equal(200);
    expect(await ask('GET', '/', {host: 'other.example'})).to.equal(421);
    expect(await ask('POST', '/approve', {})).to.equal(403);
    expect(await ask('POST', '/approve', {authorization: 'Bearer x'})).to.equal(403);
    expect(await ask('GET', '/etc/passwd', {})).to.equal(404);
  });

  it('stays when the process that worked has ended, says so, and keeps its directory from nobody', async () => {
    const directory = stateDirectory(folder);
    const source = embeddedSource(directory);
    let end = () => {};
    const worked = new Promise<void>((resolve) => {
      end = resolve;
    });
    const working = withStateDirectory(directory, async () => {
      const socket = await serveSocket(database, directory);
      await worked;
      await socket.close();
      await database.close();
    });
    let reads = 0;
    const reading = (from: FleetDatabase) => {
      reads += 1;
      return readRun(from, run, {tool: TOOL, line: (words) => `fleet ${words}`});
    };
    const clock = new SteppedClock();
    const own = await serveRun({...SERVED, run, source, clock, report: reading, page: reportPage});
    const told = async (): Promise<FleetReport> =>
      JSON.parse(await (await fetch(new URL('report.json', own.url))).text());
    try {
      expect((await told()).run).to.include({state: 'running', reason: null});
      end();
      await working;
      const after = await told();
      expect(after.run).to.include({state: 'running', reason: 'the process that worked on it has ended'});
      expect(after.next).to.equal('no worker is at work; start one that can: fleet worker');
      expect(holderOf(directory).state).to.equal('none');
      const stamp = source.stamp();
      const before = reads;
      expect((await told()).run.state).to.equal('running');
      // Nobody has had it open since, so that it is not opened again.
      expect([reads, source.stamp()]).to.deep.equal([before, stamp]);
      await source.use(async () => undefined, true);
      expect(source.stamp()).to.not.equal(stamp);
      await openIdle(directory, (free) => cancel(free, run, {who: 'ann', reason: 'enough'}));
      const [last] = (await told()).events.slice(-1);
      expect(last?.message).to.equal('ann cancelled the run: enough');
      expect((await told()).run).to.include({state: 'cancelled', reason: 'ann: enough'});
    } finally {
      await own.close();
      await source.close();
    }
  });
});

/** A clock that goes on where the test says so. */
class SteppedClock implements Clock {
  #now = 0;
  readonly #sleepers = new Map<() => void, number>();
  readonly now = () => this.#now;

  sleep(milliseconds: number, {signal}: SleepOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(wake);
        resolve();
      };
      this.#sleepers.set(wake, this.#now + milliseconds);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets that time pass, and whoever wakes do its work until it sleeps again. */
  async advance(milliseconds: number): Promise<void> {
    const isAsleep = async () => {
      while (this.#sleepers.size === 0) await later(5);
    };
    await isAsleep();
    this.#now += milliseconds;
    for (const [wake, until] of [...this.#sleepers]) if (until <= this.#now) wake();
    await isAsleep();
  }
}
