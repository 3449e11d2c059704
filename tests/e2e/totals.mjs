// SPDX-License-Identifier: MIT
// What the totals must be, counted independently of the programs.

import { check, same } from "./checks.mjs";

const HEADLINE = ["screen", "slip", "paper", "online"];
const SERVICES = ["SV-YT", "SV-GD"]; // in no group of procedures
const LAND = ["DD", "XD", "DT"];

/** A CSV of ours (no line breaks in cells) as objects by header. */
export function readCsv(text) {
  const rows = text.trim().split("\r\n").map((line) =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1).map(([, cell]) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
  return rows.slice(1).map((row) => Object.fromEntries(rows[0].map((name, i) => [name, row[i]])));
}

function figure(levels) {
  const answered = levels.reduce((sum, n) => sum + n, 0);
  return { satisfied: levels[3] + levels[4], answered, levels };
}

function figureOf(row) {
  return { satisfied: row.satisfied, answered: row.answered, levels: row.levels };
}

/** Two decimals, half up, by whole numbers. */
function percentOf(satisfied, answered) {
  const hundredths = Math.floor((satisfied * 20000 + answered) / (2 * answered));
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
}

export class Expected {
  constructor(setup) {
    this.areas = setup.areas.map((area) => area.code);
    this.answers = []; // {area, item, level, channel, linked, count}
    this.period = null;
  }

  add(area, item, level, channel, linked = false, count = 1) {
    this.answers.push({ area, item, level, channel, linked, count });
  }

  sum(fits) {
    const levels = [0, 0, 0, 0, 0];
    for (const answer of this.answers) if (fits(answer)) levels[answer.level - 1] += answer.count;
    return figure(levels);
  }

  headline(item, areas) {
    return this.sum((a) => a.item === item && areas.includes(a.area) && HEADLINE.includes(a.channel));
  }

  groups() {
    const procedures = this.areas.filter((area) => !SERVICES.includes(area));
    return {
      TTHC: this.headline("overall", procedures),
      DDXDDT: this.headline("overall", LAND),
      CQHC: this.headline("agency", procedures),
      YTGD: this.headline("overall", SERVICES),
    };
  }

  /** A report's model against what was counted here. */
  compare(report, where) {
    this.period = report.period.name;
    for (const area of this.areas) {
      const row = report.areas.find((one) => one.code === area);
      same(`${where}: area ${area}`, row && figureOf(row), this.headline("overall", [area]));
    }
    for (const [code, expected] of Object.entries(this.groups())) {
      const row = report.groups.find((one) => one.code === code);
      same(`${where}: group ${code}`, row && figureOf(row), expected);
    }
    const overall = (fits) => this.sum((a) => a.item === "overall" && fits(a));
    same(`${where}: posters`, figureOf(report.posters), overall((a) => a.channel === "poster"));
    same(`${where}: all in`, figureOf(report.all_in), overall(() => true));
    same(`${where}: linked`, figureOf(report.linked), overall((a) => a.linked));
    for (const row of report.by_channel)
      same(`${where}: channel ${row.channel}`, figureOf(row), overall((a) => a.channel === row.channel));
    same(`${where}: says that it is a trial`, [report.trial, report.sample], [true, false]);
    same(`${where}: has no outside witness`, report.witness, false);
  }

  compareCsv(rows, where) {
    const figures = { ...this.groups() };
    for (const area of this.areas) figures[area] = this.headline("overall", [area]);
    for (const [code, expected] of Object.entries(figures)) {
      const row = rows.find((one) => one.code === code);
      same(`${where}: ${code}`, row && [Number(row.satisfied), Number(row.answered)],
        [expected.satisfied, expected.answered]);
    }
  }

  /** The rows of the page: count and percent in the reader's language, at most one warning. */
  async comparePage(page, language) {
    const rows = { ...Object.fromEntries(Object.entries(this.groups()).map(([k, v]) => [`group-${k}`, v])) };
    for (const area of this.areas) rows[`area-${area}`] = this.headline("overall", [area]);
    for (const [id, { satisfied, answered }] of Object.entries(rows)) {
      const row = page.locator(`[id="${id}"]`);
      const [percent, count] = await Promise.all([".percent", ".count"].map((part) => row.locator(part).textContent()));
      const share = answered === 0 ? null : percentOf(satisfied, answered);
      const shown = share === null ? "–" : language === "en" ? `${share}%` : `${share.replace(".", ",")}\u00a0%`;
      same(`page (${language}): percent of ${id}`, percent, shown);
      if (answered > 0) check(`page (${language}): count of ${id}`, count.startsWith(`${satisfied} / ${answered} `), count);
      check(`page (${language}): one warning at most in ${id}`, (await row.locator(".row-warning").count()) <= 1);
    }
    const mark = language === "en" ? "TRIAL RUN" : "CHẠY THỬ";
    check(`page (${language}): carries its mark`, (await page.locator(".mark").first().textContent()).includes(mark));
  }
}
