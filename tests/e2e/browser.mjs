// SPDX-License-Identifier: MIT
// A real Chromium, and what is looked at on every page state: axe, foreign addresses, script errors.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const FLAGS = [
  "--headless=new",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs `act` while no time passes for the page's own scripts. Axe takes tens of seconds on a busy
 *  machine, and a counter's screen that nobody touches so long leaves its page. */
async function whileTimeStands(page, act) {
  await page.evaluate(() => {
    const running = Date.now;
    const stopped = running();
    Date.now = () => stopped;
    window.letTimeRun = () => {
      const stood = running() - stopped;
      Date.now = () => running() - stood;
    };
  });
  try {
    return await act();
  } finally {
    await page.evaluate(() => window.letTimeRun());
  }
}

export class Browser {
  /** `modules`: the folder in which npm installed tests/e2e/package.json. */
  static async open(modules, pictures, ownHosts) {
    const require = createRequire(resolve(modules, "package.json"));
    const { chromium } = require("playwright-core");
    const made = new Browser();
    made.AxeBuilder = require("@axe-core/playwright").AxeBuilder;
    made.pictures = pictures;
    made.ownHosts = ownHosts;
    made.findings = []; // what axe found, in words
    made.strangers = []; // requests that left for elsewhere
    made.errors = []; // script and policy errors
    made.looked = 0;
    mkdirSync(pictures, { recursive: true });
    // Chromium's own sandbox needs a user other than root.
    const flags = process.getuid() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS;
    // playwright-core makes an empty profile of its own and removes it.
    made.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
      args: flags,
    });
    return made;
  }

  /** A fresh page in a profile of its own. */
  async page(width, height, options = {}) {
    const context = await this.chromium.newContext({
      viewport: { width, height },
      locale: "vi-VN",
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && !this.ownHosts.includes(url.host))
        this.strangers.push(request.url());
    });
    page.on("pageerror", (error) => this.errors.push(`${page.url()}: ${error.message}`));
    page.on("console", (message) => {
      // A page that is refused on purpose is told so by its status.
      const refused = /Failed to load resource: .* status of (4\d\d|503)/.test(message.text());
      if (message.type() === "error" && !refused)
        this.errors.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  /** Judges what the page shows now by axe, and keeps a picture of it. */
  async look(page, name, options = {}) {
    this.looked++;
    await whileTimeStands(page, () => this.judge(page, name, options));
  }

  async judge(page, name, options) {
    await page.screenshot({
      path: join(this.pictures, `${name}.png`),
      fullPage: options.full === true,
    });
    const result = await new this.AxeBuilder({ page }).withTags(RULES).analyze();
    for (const finding of result.violations)
      this.findings.push(`${name}: ${finding.id}: ${finding.nodes.map((n) => n.target).join(", ")}`);
    const wider = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wider > 0) this.findings.push(`${name}: ${wider} px wider than its window`);
  }

  /** Closes all pages, before what they ask stops answering. */
  async leave() {
    for (const context of this.chromium.contexts()) await context.close();
  }

  async close() {
    await this.chromium.close();
  }
}
