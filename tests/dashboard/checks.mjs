// What the dashboard has to do, each in a browser of its own. dashboard_test.cc starts the daemon and runs
//   node checks.mjs NAME
// with DASHBOARD_URL, DAEMON_PID, TOKEN_FILE and EXTENSION_FILE (what the snapshot is built from) in the
// environment.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

import { REFUSED, withPage } from './browser.mjs';

const url = process.env.DASHBOARD_URL;
const pid = Number(process.env.DAEMON_PID);
const HOSTILE = '<img src=x onerror="document.title=`taken`">';
const PHONE = { width: 390, height: 844 };

const token = () => readFileSync(process.env.TOKEN_FILE, 'utf8').trim();

async function open(page, fragment = '') {
  const response = await page.goto(url + fragment);
  await page.getByText('Ready', { exact: true }).waitFor();
  return response;
}

async function evaluate(request) {
  const response = await fetch(`${url}v1/eval`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  return { status: response.status, answer: await response.json() };
}

const answer = (page) => page.getByRole('region', { name: 'Answer' });
const change = (page) => page.getByRole('region', { name: 'Regenerate' });
const generation = (page, number) =>
  page.locator('.generation').filter({ has: page.getByRole('heading', { name: `Generation ${number}` }) });

async function run(page, source) {
  await page.getByLabel('Source').fill(source);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

async function regenerate(page, outcome) {
  await page.getByRole('button', { name: 'Regenerate', exact: true }).click();
  await change(page).getByRole('heading', { name: outcome }).waitFor();
}

// Text that scripts or their callers chose must be text here.
async function assertNoForeignMarkup(page) {
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.notEqual(await page.title(), 'taken');
}

async function assertFits(page, where) {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: innerWidth,
  }));
  assert.ok(content <= window, `${where}: the page is ${content} pixels wide in a window of ${window}`);
}

const checks = {
  async LoadsUnderItsPolicy() {
    await withPage(url, { expected: /Trusted(HTML| Type)/ }, async (page) => {
      const response = await open(page);
      const headers = response.headers();
      assert.match(headers['content-type'], /^text\/html/);
      assert.match(headers['content-security-policy'], /^default-src 'none'; script-src 'sha256-/);
      assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*/);
      assert.equal(
        await page.evaluate(() => {
          try {
            document.body.innerHTML = '<b>markup</b>';
            return 'done';
          } catch {
            return 'refused';
          }
        }),
        'refused',
      );
    });
  },

  async ShowsTrafficAsItComes() {
    await withPage(url, {}, async (page) => {
      await open(page);
      await page.getByText('Waiting for the first request').first().waitFor();
      assert.ok((await page.locator('.cells .cell').count()) >= 2, 'the pool is drawn');
      for (let count = 0; count < 20; count += 1)
        assert.equal((await evaluate({ source: '1 + 1', tenant: 'checkout' })).status, 200);
      await evaluate({ source: `throw new Error(${JSON.stringify(HOSTILE)})`, tenant: HOSTILE });
      const outcomes = page.getByRole('region', { name: 'Outcomes' });
      await outcomes.getByRole('row', { name: /^OK .*20/ }).waitFor();
      await outcomes.getByRole('row', { name: /^EXCEPTION .*1/ }).waitFor();
      await page.locator('.histogram li').first().waitFor();
      const failed = page.locator('.request').filter({ hasText: 'EXCEPTION' });
      await failed.locator('summary').click();
      await failed.getByText('Request id').waitFor();
      assert.ok((await failed.textContent()).includes(HOSTILE));
      await page
        .getByRole('button', { name: /^Worker \d+: .*tenant checkout/ })
        .first()
        .waitFor();
      await assertNoForeignMarkup(page);
    });
  },

  async PlaygroundRunsScript() {
    await withPage(url, {}, async (page) => {
      await open(page);
      await page.getByLabel('Globals').fill('{"user": {"name": "Ada"}}');
      await page
        .getByLabel('Source')
        .fill('console.log("to", user.name); console.warn("careful"); ({ hello: user.name, exact: 1.50 })');
      await page.getByLabel('Source').press('Control+Enter');
      await answer(page).getByText('"hello": "Ada"').waitFor();
      const text = await answer(page).innerText();
      assert.match(text, /log\s+to Ada/);
      assert.match(text, /warn\s+careful/);
      assert.match(text, /Cold start\s*[\d.]+\s(µs|ms)/);
      assert.match(text, /Isolate\s+(forked|rewound)/i);
      const command = await page.locator('.curl pre').textContent();
      assert.ok(command.startsWith(`curl -sS '${url}v1/eval'`), command);
    });
  },

  async PlaygroundShowsException() {
    await withPage(url, {}, async (page) => {
      await open(page);
      await run(page, `function price(item) {\n  return item.net;\n}\nprice(undefined);`);
      await answer(page).getByText('TypeError', { exact: true }).waitFor();
      const text = await answer(page).innerText();
      assert.match(text, /at eval\.js:2:\d+/);
      assert.match(text, /at price \(eval\.js:2:\d+\)/);
      assert.equal(await page.locator('.numbers .thrown').textContent(), '2');
      await run(page, `console.log(${JSON.stringify(HOSTILE)}); throw new Error(${JSON.stringify(HOSTILE)})`);
      await answer(page).locator('.console').getByText(HOSTILE).waitFor();
      await assertNoForeignMarkup(page);
    });
  },

  async PlaygroundShowsLimit() {
    await withPage(url, { expected: REFUSED }, async (page) => {
      await open(page);
      await page.getByLabel('Wall time, ms').fill('soon');
      await run(page, 'for (;;);');
      await page.getByText('This has to be a number above 0').waitFor();
      await page.getByLabel('Wall time, ms').fill('100');
      await run(page, 'for (;;);');
      await answer(page).getByText('Failed: WALL_TIME_LIMIT').waitFor();
      assert.match(await answer(page).innerText(), /Limit 100\sms/);
    });
  },

  async RegeneratesStageByStage() {
    await withPage(url, { expected: REFUSED }, async (page) => {
      await open(page);
      await page.getByLabel('even if nothing changed').check();
      await page.getByRole('button', { name: 'Regenerate', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Admin token' });
      await dialog.getByLabel('Token', { exact: true }).fill('not the right token at all');
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await dialog.getByText('evald did not accept the last token').waitFor();
      await dialog.getByLabel('Token', { exact: true }).fill(token());
      await dialog.getByRole('button', { name: 'Continue' }).click();
      await change(page)
        .getByRole('heading', { name: /^Generation 2 serves/ })
        .waitFor();
      const stages = await change(page).locator('.stages li.done').allInnerTexts();
      for (const stage of [
        'Read the configuration',
        'Build or load',
        'Boot a zygote',
        'Run the canaries',
        'Fill the pool',
        'Swap',
      ]) {
        assert.ok(
          stages.some((text) => text.includes(stage)),
          `${stage}: ${stages}`,
        );
      }
      await generation(page, 2).getByText('serving').waitFor();
      assert.equal((await evaluate({ source: 'price(1)' })).answer.stats.snapshot_generation, '2');
    });
  },

  async FailedBuildSaysFileAndLine() {
    await withPage(url, {}, async (page) => {
      await open(page, `#token=${token()}`);
      writeFileSync(
        process.env.EXTENSION_FILE,
        'globalThis.price = (net) => net * 2;\n\nprice.of.nothing.at.all;\n',
      );
      await regenerate(page, /^Failed at .Build or load the snapshot./);
      const failure = await change(page).getByLabel('What went wrong').innerText();
      assert.match(failure, /TypeError/);
      assert.match(failure, /pricing(\.js)?:3/);
      assert.match(await change(page).innerText(), /Generation 1 serves on/);
      await generation(page, 1).getByText('serving').waitFor();
      assert.equal((await evaluate({ source: 'price(10)' })).answer.value.json, '12');
    });
  },

  async RollsBack() {
    await withPage(url, {}, async (page) => {
      await open(page, `#token=${token()}`);
      writeFileSync(
        process.env.EXTENSION_FILE,
        'console.log("rates loaded");\nglobalThis.price = (net) => net * 2;\n',
      );
      await regenerate(page, /^Generation 2 serves/);
      assert.equal((await evaluate({ source: 'price(10)' })).answer.value.json, '20');
      await generation(page, 2)
        .getByText(/pricing changed/)
        .waitFor();
      await generation(page, 2).locator('summary').click();
      await generation(page, 2).getByText('rates loaded').waitFor();
      const back = page.getByRole('button', { name: 'Roll back to generation 1' });
      await back.click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
      await generation(page, 2).getByText('serving').waitFor();
      await back.click();
      await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
      await change(page)
        .getByRole('heading', { name: /^Generation 1 serves/ })
        .waitFor();
      await generation(page, 1).getByText('serving').waitFor();
      assert.equal((await evaluate({ source: 'price(10)' })).answer.value.json, '12');
    });
  },

  async TakesTokenOutOfAddress() {
    await withPage(url, {}, async (page) => {
      await open(page, `#token=${token()}`);
      assert.equal(page.url(), url);
      await regenerate(page, /^Nothing had changed/);
    });
  },

  async SaysThatDaemonIsGone() {
    await withPage(url, { expected: REFUSED }, async (page) => {
      await open(page);
      await evaluate({ source: '1' });
      await page.getByRole('region', { name: 'Outcomes' }).getByRole('row', { name: /^OK/ }).waitFor();
      // Silent, and back again.
      process.kill(pid, 'SIGSTOP');
      await page.getByText('evald is silent.').first().waitFor();
      process.kill(pid, 'SIGCONT');
      await page.locator('#lost').waitFor({ state: 'detached' });
      await page.getByText('Ready', { exact: true }).waitFor();
      process.kill(pid, 'SIGKILL');
      await page.locator('#lost').waitFor();
      await page.getByText('Gone', { exact: true }).waitFor();
      assert.match(await page.locator('#lost').innerText(), /What is shown is from \d\d:\d\d:\d\d/);
      await page.locator('main.stale').waitFor();
      assert.ok(
        await page.getByRole('row', { name: /^OK/ }).isVisible(),
        'what was told last is still there',
      );
      await run(page, '1');
      await answer(page).getByText('evald does not answer').waitFor();
    });
  },

  async FitsPhones() {
    await evaluate({ source: `throw new Error("${'m'.repeat(3000)}")`, tenant: 't'.repeat(256) });
    for (const viewport of [PHONE, { width: 320, height: 640 }]) {
      await withPage(url, { viewport, colorScheme: 'dark' }, async (page) => {
        await open(page, `#token=${token()}`);
        await page.locator('.request summary').first().click();
        await run(page, `console.log("${'c'.repeat(500)}"); ["${'r'.repeat(500)}"]`);
        await answer(page).getByText('rrrr').first().waitFor();
        await page.locator('.curl summary').click();
        await page.locator('.generation summary').first().click();
        await assertFits(page, 'everything opened');
        writeFileSync(process.env.EXTENSION_FILE, `throw new Error("${'e'.repeat(500)}");\n`);
        await regenerate(page, /^Failed at/);
        await assertFits(page, 'a failed build');
      });
    }
  },

  async WorksByKeyboardAlone() {
    await withPage(url, { expected: REFUSED }, async (page) => {
      await open(page);
      const focused = () =>
        page.evaluate(
          () =>
            document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
        );
      const tabTo = async (what) => {
        for (let presses = 0; presses < 60; presses += 1) {
          await page.keyboard.press('Tab');
          if (what.test(await focused())) return;
        }
        assert.fail(`Tab never came to ${what}`);
      };
      await page.keyboard.press('Tab');
      assert.equal(await focused(), 'Skip to the content');
      await page.keyboard.press('Enter');
      await tabTo(/^Worker \d+/);
      const first = await focused();
      await page.keyboard.press('ArrowRight');
      assert.match(await focused(), /^Worker \d+/);
      assert.notEqual(await focused(), first);
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.equal(outline, 'solid', 'the focus is visible');

      await tabTo(/^Regenerate/);
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Admin token' }).waitFor();
      for (let presses = 0; presses < 8; presses += 1) {
        await page.keyboard.press('Tab');
        assert.ok(
          await page.evaluate(
            () =>
              document.activeElement === document.body || document.activeElement.closest('dialog') !== null,
          ),
          'the focus stays in the dialog',
        );
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.waitForFunction(() => document.activeElement.textContent === 'Regenerate');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByLabel('Token', { exact: true }).waitFor();
      await page.keyboard.type(token());
      await page.keyboard.press('Enter');
      await change(page)
        .getByRole('heading', { name: /^Nothing had changed/ })
        .waitFor();
      assert.match(await page.locator('[aria-live]').textContent(), /Nothing had changed/);

      await tabTo(/^Source$/);
      await page.keyboard.press('Control+A');
      await page.keyboard.type('6 * 7');
      await page.keyboard.press('Control+Enter');
      await answer(page).getByText('42', { exact: true }).waitFor();
    });
  },

  async FollowsLightAndDark() {
    const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const seen = {};
    for (const colorScheme of ['light', 'dark']) {
      await withPage(url, { colorScheme }, async (page) => {
        await open(page);
        seen[colorScheme] = await background(page);
        const toggle = page.getByRole('button', { name: /^Colours/ });
        await toggle.click();
        seen[`${colorScheme}, chosen light`] = await background(page);
        await toggle.click();
        seen[`${colorScheme}, chosen dark`] = await background(page);
        await page.reload();
        assert.equal(await background(page), seen[`${colorScheme}, chosen dark`], 'the choice is kept');
      });
    }
    assert.notEqual(seen.light, seen.dark);
    for (const scheme of ['light', 'dark']) {
      assert.equal(seen[`${scheme}, chosen light`], seen.light);
      assert.equal(seen[`${scheme}, chosen dark`], seen.dark);
    }
  },
};

const check = checks[process.argv[2]];
assert.ok(check, `there is no check named ${process.argv[2]}`);
await check();
