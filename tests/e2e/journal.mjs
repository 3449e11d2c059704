// SPDX-License-Identifier: MIT
// What proves the journal, as people see it: a comment on a phone, the closing slip, the clock that
// the desk vouches for, and what the hub says of a kiosk that keeps silent.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { check, same } from "./checks.mjs";
import { face } from "./citizen.mjs";
import { Daemon, freeAddress, must, readCode } from "./programs.mjs";

const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const NO_WITNESS = "Chưa có nhân chứng bên ngoài";

/** Rates on a small phone without scripts and writes a comment; axe looks at the same bytes. */
export async function writeOnPhone(browser, url) {
  const size = [360, 640];
  const phone = await browser.page(...size, { javaScriptEnabled: false });
  const judge = await browser.page(...size);
  const look = async (name, wide = false) => {
    await judge.setViewportSize(wide ? { width: 390, height: 844 } : { width: 360, height: 640 });
    await judge.setContent(await phone.content());
    await browser.look(judge, name, { full: true });
  };
  await phone.goto(url);
  await look("small-1-faces");
  const boxes = await Promise.all([1, 2, 3, 4, 5].map((level) => face(phone, level).boundingBox()));
  check("all five faces are in view on a small phone, each large enough to touch",
    boxes.every((one) => one.y >= 0 && one.y + one.height <= size[1] && one.height >= 48),
    JSON.stringify(boxes));
  await face(phone, 5).click();
  await look("small-2-topics");
  await phone.locator("button.primary").click();
  const box = phone.locator('textarea[name="text"]');
  await box.waitFor();
  await look("small-3-comment");
  await look("phone-7-comment", true);
  check("the comment's box has a visible label", await phone.getByLabel("Góp ý").isVisible());
  const token = await phone.locator('form.write input[name="token"]').inputValue();
  await box.fill("Chị cán bộ hướng dẫn rất kỹ.\nXin gọi 0912 345 678, hồ sơ H55.21-261121-0001 🙂");
  await phone.screenshot({ path: join(browser.pictures, "small-4-written.png"), fullPage: true });
  await phone.locator("form.write button").click();
  same("the comment is thanked for", await phone.locator("h1").innerText(), "Đã nhận góp ý của Ông/Bà");
  await look("small-5-thanks");
  await look("phone-8-thanks", true);
  const again = await fetch(new URL("/api/v1/texts", url.toLowerCase()), {
    method: "POST", body: new URLSearchParams({ token, lang: "vi", text: "Một góp ý khác" }),
  });
  await judge.setContent(await again.text());
  same("a second one under the same page is not",
    [again.status, await judge.locator("h1").innerText()], [409, "Trang này đã gửi một góp ý"]);
  await browser.look(judge, "small-6-written-before", { full: true });
}

/** The closing slip by the command line: its code, its words, its edges; and the signed head. */
export async function sealTheDay(browser, kiosk, folder, data) {
  const command = (format) => must(kiosk, ["seal", "--data", data, "--format", format]);
  const svg = command("svg");
  same("a second seal of the day prints the same slip", command("svg"), svg);
  const page = await browser.page(640, 900);
  await page.setContent(svg);
  const paper = page.locator("svg").first();
  const text = readCode(folder, "seal.png", await paper.screenshot({ path: join(browser.pictures, "seal.png") }));
  const [, lane, day, size, root] = text.match(/^HAILONG\/SEAL\/([0-9A-F]{32})\/([0-9-]{10})\/(\d+)\/([0-9A-F]{64})$/) || [];
  check("the closing slip's code names lane, day, size and root", root !== undefined, text);
  const head = must(kiosk, ["checkpoint", "--data", data]).split("\n");
  same("the signed head is of the same journal, size and root",
    [head[0], head[1], Buffer.from(head[2], "base64").toString("hex").toUpperCase()],
    [`hailong/${lane?.toLowerCase()}`, size, root]);
  const lines = await paper.locator("text").allTextContents();
  const words = lines.join(" ");
  const shown = day?.split("-").reverse().join("/");
  for (const part of [`Khóa sổ ngày ${shown}`, "Đã nhận", `Sổ có ${size} dòng`, "Mã khóa sổ", NO_WITNESS, "CHẠY THỬ"])
    check(`the closing slip says: ${part}`, words.includes(part), words);
  const over = await paper.evaluate((all) => [...all.querySelectorAll("text")]
    .filter((line) => line.getBBox().x < 0 || line.getBBox().x + line.getBBox().width > 580).map((line) => line.textContent));
  same("no line of the closing slip runs over the edge", over, []);
  const terminal = command("text");
  const short = lines.find((line) => /^[0-9A-HJKMNP-TV-Z]{8}$/.test(line.trim()));
  check("slip and terminal show the same short code", short !== undefined && terminal.includes(short), `${short} | ${terminal.slice(0, 400)}`);
  check("the terminal shows the root", terminal.toUpperCase().includes(root));
}

/** A kiosk whose clock jumped: the desk asks, once; one whose clock is before its journal is told so. */
export async function vouchForClock(browser, kiosk, folder, setup, hosts) {
  const data = join(folder, "clock");
  must(kiosk, ["init", "--data", data, "--setup", setup]);
  const [screen, phone] = [await freeAddress(), await freeAddress()];
  hosts.push(screen, phone);
  const serve = async (shift) => {
    const daemon = new Daemon(kiosk, ["serve", "--data", data, "--screen-listen", screen, "--phone-listen", phone],
      { LD_PRELOAD: FAKETIME, FAKETIME: shift, DONT_FAKE_MONOTONIC: "1" });
    await daemon.ready([screen, phone]);
    return daemon;
  };
  let daemon = await serve("+0");
  const desk = await browser.page(1280, 800);
  await desk.goto(must(kiosk, ["pair", "--data", data, "--desk"]));
  await desk.goto("about:blank");
  await stopped(daemon);
  daemon = await serve("+3d");
  await desk.goto(`http://${screen}/desk`);
  const ask = desk.locator('form[action^="/desk/clock"] button');
  check("a desk asks about a clock that jumped", await ask.isVisible());
  await browser.look(desk, "desk-4-clock", { full: true });
  await ask.click();
  await desk.locator(".notice").waitFor();
  same("and takes the answer", await desk.locator(".notice").innerText(), "Đã ghi nhận đồng hồ đúng.");
  same("once", await ask.count(), 0);
  await browser.look(desk, "desk-5-clock-good", { full: true });
  check("the command line says so, too", must(kiosk, ["clock", "--data", data]).includes("có"));
  await desk.goto("about:blank");
  await stopped(daemon);
  daemon = await serve("-400d");
  await desk.goto(`http://${screen}/desk`);
  await ask.click();
  const fault = desk.locator(".fault");
  await fault.waitFor();
  check("a clock that cannot be right is not vouched for", (await fault.innerText()).includes("chắc là sai"));
  await browser.look(desk, "desk-6-clock-bad", { full: true });
  check("nor by the command line", must(kiosk, ["clock", "--data", data]).includes("chưa"));
  await browser.leave();
  await stopped(daemon);
  must(kiosk, ["verify", "--data", data]);
}

async function stopped(daemon) {
  same("the kiosk stops cleanly", await daemon.stop(), { code: 0, signal: null });
}

/** Runs SQL on a stopped hub's database, so that nobody has to wait for hours. */
function change(data, sql) {
  const code = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()";
  const done = spawnSync("python3", ["-c", code, join(data, "hub.db"), sql], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
}

async function contactOf(browser, office, name) {
  const page = await browser.page(1440, 900);
  await page.goto(`http://${office.listen}/`);
  await page.locator("details.why").evaluateAll((all) => all.forEach((one) => (one.open = true)));
  await page.locator("tr", { hasText: "ghi danh bằng mã" }).first().scrollIntoViewIfNeeded();
  await browser.look(page, name);
  const text = await page.locator("main").innerText();
  const row = await page.locator("tr", { hasText: "ghi danh bằng mã" }).first().innerText();
  await page.close();
  return { text, row };
}

/** The words for a kiosk in contact, and that nobody outside has seen the journal. */
export async function showContact(browser, office) {
  const { text, row } = await contactOf(browser, office, "hub-1-contact");
  check("the page says that the kiosk is in contact", /1 kiosk đang liên hệ, lần cuối lúc/.test(text), text.slice(0, 600));
  check("its row too", row.includes("đang liên hệ"), row);
  check("and that nobody outside has seen its journal", row.includes(NO_WITNESS), row);
  check("the page says so in words", text.includes("Chưa có nhân chứng bên ngoài: điểm chốt"), text.slice(-900));
}

/** The same after the kiosk was switched off: with entries to come, then silent. */
export async function showSilence(browser, hub, office) {
  const serve = async () => {
    office.daemon = new Daemon(hub, ["serve", "--data", office.data, "--listen", office.listen]);
    await office.daemon.ready([office.listen]);
  };
  const changed = async (sql, name) => {
    same("the hub stops cleanly", await office.daemon.stop(), { code: 0, signal: null });
    change(office.data, sql);
    await serve();
    return contactOf(browser, office, name);
  };
  const kiosks = "WHERE kind = 'kiosk'";
  const behind = await changed(`UPDATE lane SET announced_size = announced_size + 7 ${kiosks}`, "hub-2-behind");
  check("what is still to come is said", /1 kiosk báo còn 7 dòng sổ chưa gửi về/.test(behind.text), behind.text.slice(0, 600));
  check("in the row too", behind.row.includes("còn thiếu"), behind.row);
  const silent = await changed(`UPDATE lane SET announced_size = size, last_contact_s = last_contact_s - 864000 ${kiosks}`, "hub-3-silent");
  check("silence is said", /1 kiosk im lặng, lâu nhất từ/.test(silent.text), silent.text.slice(0, 600));
  check("and in the row", silent.row.includes("im lặng"), silent.row);
  check("nobody claims contact then", !silent.text.includes("đang liên hệ, lần cuối"));
}
