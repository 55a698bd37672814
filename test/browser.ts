import {existsSync} from 'node:fs';
import {type Browser, chromium, type Page} from 'playwright-core';
import {leaveOut} from './depth.js';
import {peersAreRequired} from './peers.js';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A suite that needs a real browser. Where there is none its tests are skipped, which is told at the very end; in CI
 * that is a failing test instead.
 */
export function describeWithBrowser(title: string, body: (browser: () => Browser) => void): void {
  const path = CANDIDATES.find((candidate) => existsSync(candidate));
  const problem = 'no Chromium found; install with: apt-get install chromium';
  if (path === undefined && peersAreRequired(process.env)) {
    describe(title, () => {
      it('finds a browser', () => {
        throw new Error(problem);
      });
    });
    return;
  }
  if (path === undefined) {
    describe.skip(title, () => body(absent));
    leaveOut(`"${title}" (${problem})`);
    return;
  }
  describe(title, function () {
    this.timeout(120_000);
    let browser: Browser | undefined;
    before(async () => {
      browser = await chromium.launch({executablePath: path, args: FLAGS});
    });
    after(async () => {
      await browser?.close();
    });
    body(() => browser ?? absent());
  });
}

function absent(): Browser {
  throw new Error('the browser is not there yet');
}

/** Collects what must not happen on a page, from now on: errors of scripts, dialogs, and requests to other addresses. */
export function watchPage(page: Page, isOwn: (url: string) => boolean): string[] {
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('dialog', (dialog) => {
    trouble.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!isOwn(url) && !url.startsWith('data:')) trouble.push(`a request to ${url}`);
  });
  return trouble;
}
