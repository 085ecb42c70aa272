// tests/browser/drive.mjs FOLDER - Chromium for the stories of tests/scenario/test_page.py: reads {"code": ..., "with": ...} from each line of its input, runs
// the code with `page`, `context`, `fresh`, `until` and `axe`, and writes {"value": ...} or {"error": ...}. What a page must never do is collected in `faults`.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const require = createRequire(folder + '/');
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const DEADLINE = Number(process.env.SCENARIO_DEADLINE ?? 60) * 1000;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
let context, page, faults = [];

/* A person with a new window; `host` is the only one that it may ask. */
async function fresh(host, options = {}) {
	await context?.close();
	faults = [];
	context = await browser.newContext({ viewport: { width: 1300, height: 900 }, ...options });
	context.setDefaultTimeout(DEADLINE);
	page = await context.newPage();
	page.on('pageerror', error => faults.push('error: ' + error));
	page.on('dialog', async dialog => { faults.push('dialog: ' + dialog.message()); await dialog.dismiss(); });
	// 4xx and 5xx are told on the console too; those a story expects, and asks for
	page.on('console', message => {
		if (['error', 'warning'].includes(message.type()) && !/Failed to load resource: the server responded with a status of 4/.test(message.text()))
			faults.push(message.text());
	});
	page.on('request', request => {
		if (new URL(request.url()).host !== host)
			faults.push('another host: ' + request.url());
	});
	return page;
}

/* Not as a script of the page, which its policy refuses. */
async function axe() {
	await page.evaluate(AXE);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	return violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => `${n.html.slice(0, 160)} ${n.failureSummary}`).join(' | ')}`);
}

/* Waits until the page says so. Playwright's own way evaluates a text, which the policy of the page refuses. */
async function until(says, given) {
	for (const end = Date.now() + DEADLINE; !await page.evaluate(says, given); await new Promise(done => setTimeout(done, 20)))
		if (Date.now() > end)
			throw new Error(`gave up waiting for ${says}`);
}

for await (const line of createInterface({ input: process.stdin })) {
	const { code, with: given } = JSON.parse(line);
	let told;
	try {
		const run = new Function('page', 'context', 'fresh', 'axe', 'until', 'faults', 'given', `return (async () => { ${code} })()`);
		told = { value: await run(page, context, fresh, axe, until, faults, given) ?? null };
	} catch (error) {
		told = { error: String(error.stack ?? error), at: await page?.content().catch(() => '') };
	}
	process.stdout.write(JSON.stringify(told) + '\n');
}
await browser.close();
