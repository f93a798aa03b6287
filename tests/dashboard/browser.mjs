// A page of Debian's Chromium, and what a dashboard may never do in it, whatever the check: write an error to
// the console, or ask anybody but evald for anything.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(process.env.PLAYWRIGHT)('playwright-core');

const CHROMIUM = '/usr/bin/chromium';
const PATIENCE_MS = 30_000;
// What Chromium itself writes when a request is refused or gets no answer.
export const REFUSED = /^Failed to load resource: /;

// Runs `check(page)`, and closes the browser. `options.expected`: what of the console the check itself brings
// about.
export async function withPage(url, options, check) {
  assert.ok(
    existsSync(CHROMIUM),
    `there is no ${CHROMIUM}: install Debian's package chromium, as \`./dev test\` does`,
  );
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Chromium's own sandbox does not work for root, and its shared memory is scarce in a container.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    env: { ...process.env, HOME: process.env.TEST_TMPDIR ?? '/tmp' },
  });
  try {
    const context = await browser.newContext({
      viewport: options.viewport ?? { width: 1280, height: 900 },
      colorScheme: options.colorScheme ?? 'light',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      if (!options.expected?.test(message.text())) complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`exception: ${error.stack}`));
    page.on('request', (request) => {
      const asked = new URL(request.url());
      if (asked.protocol !== 'data:' && asked.origin !== new URL(url).origin)
        complaints.push(`asked for ${request.url()}`);
    });
    try {
      await check(page);
    } catch (error) {
      await keepPicture(page);
      throw new Error(`${error.stack}\n${complaints.join('\n')}`);
    }
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}

// Where Bazel keeps what a failed test leaves.
async function keepPicture(page) {
  const folder = process.env.TEST_UNDECLARED_OUTPUTS_DIR;
  if (folder)
    await page.screenshot({ path: join(folder, 'page.png'), fullPage: true }).catch(() => undefined);
}
