// What the page does in a real browser, as JSON on standard output.
//
//   node tests/export/web/browse.mjs < job.json
//
// The job: `url`, `images` (raw), `forms`, `preprocessing` (cases), `digits` (drawn).

import { readFileSync } from 'node:fs';
import { drawWithMouse, withBrowser } from '../../../export/web/browser.mjs';
import { EXAMPLES } from '../../../export/web/page/examples.js';

const job = JSON.parse(readFileSync(0, 'utf8'));
const seen = { requests: [], errors: [], framed: {}, drawn: [] };

async function open(context, path = '') {
  const page = await context.newPage();
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(error.message));
  await page.goto(job.url + path);
  await page.waitForSelector('body:not([data-state="loading"])', { timeout: 60000 });
  return page;
}

// The page as a person would read it.
async function read(page) {
  // Answers follow a change at once, but not in the same moment.
  await page.evaluate(async () => {
    const { ready } = await import('./main.js');
    await (await ready).queue;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  });
  return page.evaluate(() => ({
    digit: document.querySelector('#result .digit').textContent,
    sentence: document.querySelector('#result .sentence').textContent,
    chosen: [...document.querySelectorAll('.card')].findIndex((card) =>
      card.classList.contains('chosen'),
    ),
    bars: [...document.querySelectorAll('.card')].map((card) =>
      [...card.querySelectorAll('dd')].map((row) =>
        Number(row.style.getPropertyValue('--p')),
      ),
    ),
  }));
}

async function checkModules(page) {
  seen.state = await page.evaluate(() => document.body.dataset.state);
  seen.status = await page.textContent('#status');
  seen.answers = await page.evaluate(async (images) => {
    const models = await (await import('./main.js')).ready;
    const all = [];
    for (const raw of images) {
      const { answers, routed } = await models.infer(raw);
      all.push({ logits: answers.map((answer) => answer.logits), routed });
    }
    return all;
  }, job.images);
  seen.inputs = await page.evaluate(async (cases) => {
    const { preprocess } = await import('./preprocess.js');
    return cases.map(([raw, size, steps]) => [...preprocess(raw, size, steps)]);
  }, job.preprocessing);
  for (const [name, form] of Object.entries(job.forms)) {
    seen.framed[name] = await page.evaluate(
      async ([form, examples]) => {
        const { rasterize } = await import('./raster.js');
        // The same digits again, a third of the size and in a corner.
        const small = examples.map((strokes) =>
          strokes.map((stroke) => stroke.map(([x, y]) => [x / 3, y / 3 + 0.6])),
        );
        return [examples, small].map((all) => all.map((s) => [...rasterize(s, form)]));
      },
      [form, EXAMPLES],
    );
  }
}

async function checkDrawing(page) {
  const automatic = page.getByRole('radio', { name: /Least in doubt/ });
  for (const [digit, task] of job.digits) {
    await automatic.check();
    await drawWithMouse(page, EXAMPLES[digit]);
    const entry = { digit, task, automatic: await read(page) };
    await page.getByRole('radio', { name: new RegExp(`Task ${task}\\b`) }).check();
    entry.picked = await read(page);
    seen.drawn.push(entry);
    await page.getByRole('button', { name: 'Clear' }).click();
  }
  seen.cleared = await read(page);
}

async function checkKeyboard(page) {
  await page.getByRole('button', { name: 'Draw an example of 1' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: /Least in doubt/ }).focus();
  await page.keyboard.press('ArrowDown');
  seen.keyboard = await read(page);
  await page.getByRole('button', { name: 'Undo' }).focus();
  await page.keyboard.press('Space');
  seen.undone = await read(page);
}

async function checkLooks(page) {
  await page.setViewportSize({ width: 360, height: 740 });
  seen.overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - innerWidth,
  );
  const colour = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  seen.colours = [await colour()];
  await page.emulateMedia({ colorScheme: 'dark' });
  seen.colours.push(await colour());
  await page.getByRole('button', { name: /Theme/ }).click(); // now light, always
  seen.colours.push(await colour());
  await page.reload();
  seen.colours.push(await colour());
}

// A file that changed on its way must not answer.
async function checkDamage(context) {
  await context.route('**/*.tflite', async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length >> 1] ^= 1;
    await route.fulfill({ response, body });
  });
  const page = await open(context);
  seen.damaged = await page.textContent('#status');
}

await withBrowser({ viewport: { width: 1160, height: 900 } }, async (context) => {
  const page = await open(context);
  await checkModules(page);
  await checkDrawing(page);
  await checkKeyboard(page);
  await checkLooks(page);
  seen.expectedErrors = seen.errors.length;
  await checkDamage(context);
});
console.log(JSON.stringify(seen));
