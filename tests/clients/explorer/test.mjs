// The explorer page in headless Chromium: nothing leaves the host, the policy holds, a token is entered and stays in the tab,
// every example query runs, both languages work, and it fits a telephone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { buildSchema, getVariableValues, parse, validate } from "graphql";
import { chromium } from "playwright-core";
import { ask, base, sdl, token } from "../service.mjs";

const assets = new URL("../../../assets/explorer/", import.meta.url);
const read = (name) => readFile(new URL(name, assets), "utf8");
const examples = JSON.parse(await read("examples.json"));
const policy = (await read("content-security-policy.txt")).trim();

/** Fails unless an example is a valid document whose variables fit and which brings data that is not empty. */
async function checkExample(schema, { id, title, note, query, variables }) {
  for (const text of [title.en, title.zh, note.en, note.zh]) assert.ok(text, `${id}: title and note in both languages`);
  const document = parse(query.join("\n"));
  assert.deepEqual(validate(schema, document).map(String), [], `${id}: a valid document`);
  const { errors = [] } = getVariableValues(schema, document.definitions[0].variableDefinitions, variables);
  assert.deepEqual(errors.map(String), [], `${id}: fitting variables`);
  const data = await ask(query.join("\n"), variables);
  assert.match(JSON.stringify(data), /\p{Script=Han}/u, `${id}: data from the samples, got ${JSON.stringify(data)}`);
}

/** A page that records what must not happen. */
async function openPage(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  const headers = [];
  page.on("pageerror", (error) => wrong.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("401")) wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) wrong.push(`request to ${request.url()}`);
    if (request.url().includes(token)) wrong.push(`the token is in an address`);
    if (request.method() === "POST") headers.push(request.headers());
  });
  await page.exposeFunction("reportViolation", (text) => wrong.push(`policy violation: ${text}`));
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) =>
    window.reportViolation(`${event.effectiveDirective} ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`)));
  const response = await page.goto(base, { waitUntil: "networkidle" });
  assert.equal(response.status(), 200, "the page is served at /");
  assert.equal(response.headers()["content-security-policy"], policy, "the policy is the one of the assets");
  return { context, page, wrong, headers };
}

const enterToken = async (page, text) => {
  await page.fill("#token", text);
  await page.click("#token-form button[type=submit]");
};

/** Opens an example by the menu, runs it and gives the data that the result pane shows. */
async function runExample(page, id) {
  await page.selectOption("#example", id);
  await page.click(".graphiql-execute-button");
  await page.waitForFunction(() => document.querySelector(".graphiql-response .CodeMirror")?.CodeMirror.getValue().includes("\"data\""));
  const shown = JSON.parse(await page.evaluate(() => document.querySelector(".graphiql-response .CodeMirror").CodeMirror.getValue()));
  assert.deepEqual(Object.keys(shown), ["data", "extensions"], `${id}: data, its cost and no errors are shown`);
  return shown.data;
}

assert.doesNotMatch(policy, /unsafe|\*|https?:/, "the policy lets in nothing inline and no other host");
const schema = buildSchema(sdl);
assert.ok(examples.length >= 6, "there are examples");
for (const example of examples) await checkExample(schema, example);
console.log(`${examples.length} examples are valid and bring data`);

const browser = await chromium.launch({
  executablePath: process.env.JIXIAO_CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
try {
  const english = await openPage(browser, { viewport: { width: 1280, height: 800 }, locale: "en-US" });
  const { page } = english;
  assert.match(await page.textContent("#notice"), /token/, "without a token the page asks for one");
  await enterToken(page, "not-a-token");
  await page.waitForFunction(() => /refused/.test(document.querySelector("#notice").textContent));
  await enterToken(page, ` Bearer ${token} `);
  await page.waitForFunction(() => document.querySelector("#notice").hidden);
  assert.deepEqual(await runExample(page, examples[0].id), await ask(examples[0].query.join("\n"), examples[0].variables), "the page shows the service's answer");
  assert.equal(english.headers.at(-1).authorization, `Bearer ${token}`);
  assert.equal(english.headers.at(-1)["accept-language"], "en");
  await page.click("[aria-label='Show Documentation Explorer']");
  await page.waitForSelector(".graphiql-doc-explorer-content >> text=Query");
  await page.click("[aria-label='Open settings dialog']");
  await page.waitForSelector("text=Clear storage");
  await page.keyboard.press("Escape");
  await page.click("[aria-label='Open short keys dialog']");
  await page.waitForSelector(".graphiql-dialog >> text=Short key");
  await page.keyboard.press("Escape");

  await page.click("[data-lang=zh]");
  await page.waitForSelector("#clear >> text=清除");
  await runExample(page, examples.at(-1).id);
  assert.match(english.headers.at(-1)["accept-language"], /^zh-CN/, "the language is sent");

  // The token is in this tab only, survives a reload of it, and is gone when cleared.
  assert.equal(await page.evaluate(() => Object.values(sessionStorage).join()), token);
  const kept = await page.evaluate(() => JSON.stringify(localStorage) + document.cookie);
  assert.ok(!kept.includes(token), "the token is not kept in localStorage or a cookie");
  await page.reload({ waitUntil: "networkidle" });
  assert.equal(await page.inputValue("#token"), token);
  await page.click("#clear");
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.equal(await page.inputValue("#token"), "");
  assert.match(await page.textContent("#notice"), /令牌/);
  assert.deepEqual(english.wrong, [], "wide page: nothing went wrong");
  await english.context.close();

  const phone = await openPage(browser, { viewport: { width: 390, height: 844 }, locale: "zh-CN", hasTouch: true });
  assert.equal(await phone.page.getAttribute("html", "lang"), "zh-CN", "the browser's language is taken");
  await enterToken(phone.page, token);
  for (const { id } of examples) await runExample(phone.page, id);
  const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide on a telephone of 390`);
  const [query, result] = await Promise.all([".graphiql-query-editor", ".graphiql-response"].map((part) => phone.page.locator(part).boundingBox()));
  assert.ok(query.width > 250 && result.width > 250 && result.y > query.y, "the query is above its result");
  assert.deepEqual(phone.wrong, [], "narrow page: nothing went wrong");
  console.log("the page works in English and Chinese, wide and narrow, without a request to another host");
} finally {
  await browser.close();
}
