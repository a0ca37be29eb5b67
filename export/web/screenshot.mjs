// Draws a digit on a served page and takes its picture.
//
//   python export/web/serve.py --run_dir=runs/split_mnist --port=8000
//   node export/web/screenshot.mjs http://127.0.0.1:8000/ page.png

import { drawWithMouse, withBrowser } from './browser.mjs';
import { EXAMPLES } from './page/examples.js';

const [url, file, digit = '3'] = process.argv.slice(2);
if (!url || !file || !EXAMPLES[digit]) {
  console.error('screenshot: expected a URL, a file name, and perhaps a digit');
  process.exit(2);
}

const options = { viewport: { width: 1120, height: 900 }, colorScheme: 'light' };
await withBrowser(options, async (context) => {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForSelector('body[data-state="ready"]', { timeout: 60000 });
  await drawWithMouse(page, EXAMPLES[digit]);
  await page.mouse.move(0, 0);
  // The bars move to their new widths.
  await page.waitForTimeout(1000);
  await page.screenshot({ path: file, fullPage: true });
});
