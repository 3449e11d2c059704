// SPDX-License-Identifier: MIT
// The main job end to end: taps, slips and paper of the example office, through real programs and
// a real browser, must be found again in the office's totals, exactly.
// usage: node tests/e2e/smoke.mjs [--build FOLDER]

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Browser } from "./browser.mjs";
import { check, finish, same } from "./checks.mjs";
import { chooseArea, face, openForm, sendForm, skipToThanks } from "./citizen.mjs";
import { sealTheDay, showContact, showSilence, vouchForClock, writeOnPhone } from "./journal.mjs";
import { Daemon, freeAddress, makeFolder, must, readCode, run } from "./programs.mjs";
import { Expected, readCsv } from "./totals.mjs";

const at = process.argv.indexOf("--build");
const build = at > 0 ? process.argv[at + 1] : process.env.BUILD || "build";
const kiosk = join(build, "hailong-kiosk");
const hub = join(build, "hailong-aggregator");
const unit = "05533";
const folder = makeFolder();
// A browser taps faster than people, at any time of the day: what the live flags say of that is
// tested elsewhere.
const example = JSON.parse(readFileSync("schema/examples/ba-xuyen.json", "utf8"));
Object.assign(example.flags, { repeat_s: 0, burst_count: 0, streak_count: 0 });
delete example.hours;
const setup = join(folder, "office.json");
writeFileSync(setup, JSON.stringify(example));
const expected = new Expected(example);

/** Sets up hub and kiosk, joins them, starts both. */
async function start() {
  const office = { data: join(folder, "hub"), listen: await freeAddress() };
  const box = { data: join(folder, "kiosk"), screen: await freeAddress(), phone: await freeAddress() };
  must(hub, ["init", "--data", office.data, "--setup", setup]);
  must(kiosk, ["init", "--data", box.data, "--setup", setup]);
  office.daemon = new Daemon(hub, ["serve", "--data", office.data, "--listen", office.listen]);
  await office.daemon.ready([office.listen]);
  const phrase = must(hub, ["join", "--data", office.data, "--unit", unit]);
  must(kiosk, ["enrol", "--data", box.data, "--hub", `http://${office.listen}`, "--phrase", phrase]);
  box.daemon = new Daemon(kiosk, [
    "serve", "--data", box.data, "--screen-listen", box.screen, "--phone-listen", box.phone,
  ]);
  await box.daemon.ready([box.screen, box.phone]);
  return { office, box };
}

async function pairScreens(browser, box) {
  const counter = await browser.page(1280, 800);
  const url = must(kiosk, ["pair", "--data", box.data, "--counter", "1"]);
  const stranger = await counter.goto(`http://${box.screen}/c/1`);
  same("a screen that is not paired is refused", stranger.status(), 403);
  await browser.look(counter, "counter-not-paired");
  await counter.goto(url);
  check("a paired screen shows its counter", counter.url().endsWith("/c/1"), counter.url());
  const again = await (await browser.page(1280, 800)).goto(url);
  same("a pairing address works once", again.status(), 410);
  const desk = await browser.page(1280, 800);
  await desk.goto(must(kiosk, ["pair", "--data", box.data, "--desk"]));
  check("a paired desk shows the desk", desk.url().includes("/desk"), desk.url());
  const other = await desk.goto(`http://${box.screen}/c/1`);
  same("a desk is no counter's screen", other.status(), 403);
  await browser.look(desk, "counter-not-the-desks");
  await desk.goto(`http://${box.screen}/desk`);
  return { counter, desk };
}

/** Two taps and a changed one at the counter, each state looked at. */
async function tapAtCounter(browser, page) {
  await browser.look(page, "counter-1-invitation");
  await page.locator("main.start a.huge").click();
  await page.locator(".tiles").waitFor();
  await browser.look(page, "counter-2-areas");
  await page.locator('.tiles a[href*="/HT"]').click();
  await face(page, 5).waitFor();
  await browser.look(page, "counter-3-faces");
  await face(page, 5).click();
  await skipToThanks(page, (name) => browser.look(page, `counter-4-${name}`));
  await browser.look(page, "counter-5-thanks");
  expected.add("HT", "overall", 5, "screen");

  await page.locator("main.thanks a").click();
  await chooseArea(page, "CT");
  await face(page, 2).click();
  await page.locator(".topics").waitFor();
  const unlike = await page.locator("main").innerText();
  await page.locator('input[name="topic_time"]').check({ force: true });
  await page.locator("button.primary").click();
  await skipToThanks(page);
  expected.add("CT", "overall", 2, "screen");

  await page.locator("main.thanks a").click();
  await chooseArea(page, "CT");
  await face(page, 3).click();
  await page.locator(".topics").waitFor();
  same("the next screen is the same after every level", await page.locator("main").innerText(), unlike);
  await page.locator('button[name="again"]').click();
  await face(page, 4).waitFor();
  await face(page, 4).click();
  await page.locator(".topics").waitFor();
  await skipToThanks(page);
  expected.add("CT", "overall", 4, "screen");
}

/** A slip at the desk, read back from the picture of its code; a screen opened for one visit. */
async function workAtDesk(browser, page, counter, box) {
  await browser.look(page, "desk-1-start", { full: true });
  await page.locator('input[name="area"][value="DD"]').check({ force: true });
  await page.locator('input[name="dossier"]').fill("000.00.01.H55-261121-0001");
  await page.locator('form.order button:not([formaction])').click();
  const code = page.locator(".qr svg");
  await code.waitFor();
  await browser.look(page, "desk-2-slip", { full: true });
  await page.emulateMedia({ media: "print" });
  check("the printed slip bears the trial mark", await page.locator(".mark").isVisible());
  check("and nothing of the desk's form", !(await page.locator("form.order").isVisible()));
  await page.screenshot({ path: join(browser.pictures, "desk-2-print.png"), fullPage: true });
  await page.emulateMedia({ media: null });
  const url = readCode(folder, "desk.png", await code.screenshot());
  check("the slip's code leads to this kiosk's phones", url.toLowerCase().startsWith(`http://${box.phone}/s/`), url);

  await page.goto(`http://${box.screen}/desk`);
  await page.locator('input[name="area"][value="HT"]').check({ force: true });
  await page.locator('select[name="counter"]').selectOption("1");
  await page.locator('form.order button[formaction]').click();
  await page.locator(".armed li").waitFor();
  await browser.look(page, "desk-3-armed", { full: true });
  await counter.goto(`http://${box.screen}/c/1`);
  await face(counter, 4).click();
  await skipToThanks(counter);
  expected.add("HT", "overall", 4, "screen", true);
  await page.goto(`http://${box.screen}/desk`);
  same("an opened screen ends at its answer", await page.locator(".armed li").count(), 0);
  return url;
}

/** One rating on a phone without scripts; axe looks at the same bytes in a page that has them. */
async function rateOnPhone(browser, url, area, level) {
  const phone = await browser.page(390, 844, { javaScriptEnabled: false });
  const judge = await browser.page(390, 844);
  const look = async (name) => {
    await judge.setContent(await phone.content());
    await browser.look(judge, name, { full: true });
  };
  await phone.goto(url);
  await look("phone-1-faces");
  same("the phone asks five faces", await phone.locator('button[name="overall"]').count(), 5);
  await face(phone, level).click();
  await look("phone-2-topics");
  await phone.locator('input[name="topic_guidance"]').check();
  await phone.locator('input[name="agency"][value="5"]').check();
  await phone.locator("button.primary").click();
  await look("phone-3-thanks");
  expected.add(area, "overall", level, "slip", true);
  expected.add(area, "agency", 5, "slip", true);
  const finished = await phone.goto(url);
  same("a slip that was used says so", finished.status(), 410);
  await look("phone-4-finished");
  return phone.locator("h1").innerText();
}

/** Slips by the command line: every format, the states, a repeat and a different answer. */
async function useCommandSlips(browser, box, finishedWords) {
  const slip = (...more) => ["slip", "--data", box.data, "--area", "CT", ...more];
  const png = must(kiosk, slip("--format", "png"), { binary: true });
  const url = readCode(folder, "slip.png", png);
  const form = await openForm(url);
  same("a slip's answer is recorded", (await sendForm(form, { overall: "4" })).status, 200);
  expected.add("CT", "overall", 4, "slip", true);
  const repeat = await sendForm(form, { overall: "4" });
  same("the same answer again is answered as before", [repeat.status, repeat.json?.status], [200, "repeated"]);
  same("another answer under the same page is refused", (await sendForm(form, { overall: "1" })).status, 409);
  same("a level that does not exist is refused", (await sendForm(form, { overall: "6" })).status, 400);

  const svg = must(kiosk, slip("--format", "svg"));
  const page = await browser.page(800, 800);
  await page.setContent(svg);
  const paper = page.locator("svg").first();
  const shown = readCode(folder, "slip-svg.png", await paper.screenshot());
  check("the slip as SVG has its own code", shown !== url && shown.startsWith(`HTTP://`), shown);
  const printed = await paper.locator("text").allTextContents();
  for (const words of ["Mời Ông/Bà quét mã", "Chứng thực", "đến hết ngày", "CHẠY THỬ", "trong mạng của cơ quan"])
    check(`the slip as SVG says: ${words}`, printed.join(" ").includes(words), printed.join(" | "));
  const code = await page.locator("svg svg").boundingBox();
  const mm = (code.width * 25.4) / 96;
  check("its code is at least 25 mm wide", mm >= 25, `${mm} mm`);
  const overflow = await paper.evaluate((all) => [...all.querySelectorAll("text")]
    .filter((line) => line.getBBox().x < 0 || line.getBBox().x + line.getBBox().width > 800).map((line) => line.textContent));
  same("no line of it runs over the edge", overflow, []);
  const text = must(kiosk, slip("--format", "text"));
  check("the slip as text names its address", /https?:\/\//i.test(text), text);

  const dossier = ["--dossier", "H55-2", "--format", "url"];
  const first = must(kiosk, slip(...dossier));
  same("a dossier has one slip per step", run(kiosk, slip(...dossier)).status, 1);
  const second = must(kiosk, slip(...dossier, "--replace"));
  const withdrawn = await page.goto(first);
  same("a replaced slip is withdrawn", withdrawn.status(), 410);
  await browser.look(page, "phone-5-withdrawn");
  const words = [finishedWords, await page.locator("h1").innerText()];
  same("its replacement is open", (await page.goto(second)).status(), 200);
  const unknown = await page.goto(`http://${box.phone}/S/00000000000`);
  same("an unknown code is not found", unknown.status(), 404);
  await browser.look(page, "phone-6-unknown");
  words.push(await page.locator("h1").innerText());
  same("the states are told apart in words", new Set(words).size, 3);
}

async function usePoster(box) {
  const png = must(kiosk, ["poster", "--data", box.data, "--counter", "2", "--format", "png"], { binary: true });
  const url = readCode(folder, "poster.png", png);
  const form = await openForm(`${url}/DD`);
  same("a poster's answer is recorded", (await sendForm(form, { overall: "1" })).status, 200);
  expected.add("DD", "overall", 1, "poster");
}

/** Paper results: taken once, the same file again changes nothing, a bad row refuses it whole. */
function importPaper(office) {
  const day = new Date(Date.now() + 7 * 3600 * 1000).toISOString().slice(0, 10);
  const rows = [["HT", "overall", 5, 10], ["HT", "overall", 3, 2], ["HT", "agency", 4, 7],
    ["DD", "overall", 4, 20], ["DD", "overall", 1, 3]];
  const lines = rows.map(([area, ...rest]) => [unit, day, area, ...rest].join(";"));
  const file = join(folder, "paper.csv");
  writeFileSync(file, `\ufeffunit;day;area;item;level;count\r\n${lines.join("\r\n")}\r\n`);
  must(hub, ["import", "--data", office.data, "--paper", file]);
  for (const [area, item, level, count] of rows) expected.add(area, item, level, "paper", false, count);
  same("the same paper file again is no fault", run(hub, ["import", "--data", office.data, "--paper", file]).status, 0);
  const bad = join(folder, "bad.csv");
  writeFileSync(bad, `unit,day,area,item,level,count\n${unit},${day},HT,overall,5,4\n${unit},${day},HT,overall,9,1\n`);
  const refused = run(hub, ["import", "--data", office.data, "--paper", bad]);
  same("a file with a bad row is refused whole", refused.status, 65);
  check("and the row is named", /\b3\b/.test(refused.stderr + refused.stdout), refused.stderr);
}

/** Exactly what was tapped, in JSON, CSV, the command line and on the page. */
async function findInTotals(browser, office) {
  const home = await fetch(`http://${office.listen}/`);
  const address = new URL(home.url);
  const period = address.pathname.split("/").at(-1);
  const json = await (await fetch(new URL(`/api/v1/report/${unit}/${period}`, address))).json();
  expected.compare(json, "the JSON report");
  const command = (format) => must(hub, ["report", "--data", office.data, "--unit", unit, "--period", period, "--format", format]);
  expected.compare(JSON.parse(command("json")), "the report command");
  const served = await (await fetch(new URL(`/units/${unit}/${period}/report.csv`, address))).text();
  same("the CSV is the same from page and command", served.trim(), command("csv").trim());
  expected.compareCsv(readCsv(served), "the CSV report");
  for (const name of ["thủ tục hành chính", "254/KH-UBND"])
    check(`the table in the terminal names ${name}`, command("text").toLowerCase().includes(name.toLowerCase()));
  const page = await browser.page(1440, 900);
  for (const language of ["vi", "en"]) {
    await page.goto(`${address}?lang=${language}`);
    await expected.comparePage(page, language);
    await browser.look(page, `totals-${language}`);
  }
  await page.locator("details").evaluateAll((all) => all.forEach((one) => (one.open = true)));
  await browser.look(page, "totals-open", { full: true });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(address.href);
  await browser.look(page, "totals-phone", { full: true });
  const refused = await page.goto(`http://${office.listen}/units/${unit}/2026-09-15..2026-12-14`);
  // 400: the guard takes no ".." in an address, before any handler could refuse the range.
  same("a free range is not for the page", refused.status(), 400);
  await browser.look(page, "totals-refused");
  await page.goto(`http://${office.listen}/units/${unit}/2020-Q1`);
  check("a period without answers says so", (await page.locator("#group-TTHC .verdict").innerText()).includes("Chưa có dữ liệu"));
  await browser.look(page, "totals-empty", { full: true });
}

async function main() {
  const { office, box } = await start();
  const hosts = [office.listen, box.screen, box.phone];
  const browser = await Browser.open("build/npm-e2e", "build/screenshots", hosts);
  const { counter, desk } = await pairScreens(browser, box);
  await tapAtCounter(browser, counter);
  const slip = await workAtDesk(browser, desk, counter, box);
  const finished = await rateOnPhone(browser, slip, "DD", 4);
  const phone = must(kiosk, ["slip", "--data", box.data, "--area", "XD", "--step", "refusal", "--format", "url"]);
  await rateOnPhone(browser, phone, "XD", 1);
  await useCommandSlips(browser, box, finished);
  await usePoster(box);
  await writeOnPhone(browser, must(kiosk, ["slip", "--data", box.data, "--area", "HT", "--format", "url"]));
  expected.add("HT", "overall", 5, "slip", true);
  await sealTheDay(browser, kiosk, folder, box.data);
  must(kiosk, ["sync", "--data", box.data]);
  importPaper(office);
  await findInTotals(browser, office);
  await showContact(browser, office);
  must(kiosk, ["sync", "--data", box.data]);
  expected.compare(await (await fetch(`http://${office.listen}/api/v1/report/${unit}/${expected.period}`)).json(), "a second sync");
  await browser.leave();
  await vouchForClock(browser, kiosk, folder, setup, hosts);
  same("the kiosk stops cleanly", await box.daemon.stop(), { code: 0, signal: null });
  await showSilence(browser, hub, office);
  same("axe and the window find nothing", browser.findings, []);
  same("no page asks anybody else", browser.strangers, []);
  same("no script or policy error", browser.errors, []);
  await browser.close();
  same("the hub stops cleanly", await office.daemon.stop(), { code: 0, signal: null });
  const verified = must(kiosk, ["verify", "--data", box.data]).split("\n");
  check("verify says ok, counts, and that nobody else has seen it", verified.length === 4 && /^ok \d+ [0-9a-f]{64}$/.test(verified[0]) &&
    verified[1].startsWith("9 responses, ") && verified[1].includes(" 1 texts, ") && verified[1].includes(" 1 seals, ") &&
    verified[2].includes("cosigned by the own hub: ") &&
    verified[3] === "chưa có nhân chứng bên ngoài (no outside witness yet)", verified.join(" | "));
  const file = join(box.data, "setup.json");
  const original = readFileSync(file);
  writeFileSync(file, `${original}\n`);
  const changed = run(kiosk, ["verify", "--data", box.data]);
  same("a setup that was changed fails verify", [changed.status, changed.stdout], [1, ""]);
  check("and it is said what to do", changed.stderr.includes("Put the original file back"), changed.stderr);
  writeFileSync(file, original);
  must(hub, ["verify", "--data", office.data]);
}

main().then(
  () => process.exit(finish()),
  (error) => process.exit(finish(error)),
);
