// SPDX-License-Identifier: MIT
// Starts the built programs in a folder of their own and runs their commands.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// A program that does not answer within this is broken, also on a loaded machine.
const START_LIMIT_MS = 20000;
const COMMAND_LIMIT_MS = 60000;
const environment = { ...process.env, HAILONG_ABORT_ON_BUG: "1" };

/** A folder that is removed when the process ends. */
export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "hai-long-e2e-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An address of this machine that nobody listens on at the moment. */
export function freeAddress() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = `127.0.0.1:${server.address().port}`;
      server.close(() => done(address));
    });
  });
}

/** Runs a command to its end: {status, stdout, stderr}. */
export function run(program, args, options = {}) {
  const done = spawnSync(resolve(program), args, {
    env: environment,
    timeout: COMMAND_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
    encoding: options.binary ? "buffer" : "utf8",
  });
  if (done.error) throw done.error;
  return done;
}

/** As run, but a failure is an error that shows what the program said; gives its output. */
export function must(program, args, options = {}) {
  const done = run(program, args, options);
  if (done.status !== 0)
    throw new Error(`${program} ${args[0]}: exit ${done.status}: ${done.stderr}`);
  return options.binary ? done.stdout : done.stdout.trim();
}

async function answers(address) {
  try {
    const answer = await fetch(`http://${address}/healthz`);
    return answer.status === 200;
  } catch {
    return false;
  }
}

/** A running daemon. */
export class Daemon {
  constructor(program, args, more = {}) {
    this.log = "";
    this.child = spawn(resolve(program), args, {
      env: { ...environment, ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child.stderr.on("data", (bytes) => (this.log += bytes));
    this.ended = new Promise((done) => this.child.once("exit", (code, signal) => done({ code, signal })));
    this.killAtExit = () => this.child.kill("SIGKILL");
    process.on("exit", this.killAtExit);
  }

  /** Waits until every address answers; fails at once when the program ends. */
  async ready(addresses) {
    const limit = Date.now() + START_LIMIT_MS;
    for (const address of addresses) {
      while (!(await answers(address))) {
        if (this.child.exitCode !== null || Date.now() > limit)
          throw new Error(`a daemon did not start:\n${this.log}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    }
  }

  /** Asks it to stop; gives {code, signal}. */
  async stop() {
    this.child.kill("SIGTERM");
    const ended = await this.ended;
    process.off("exit", this.killAtExit);
    return ended;
  }
}

/** The text of the code in a picture, read by zbarimg; fails when there is none. */
export function readCode(folder, name, picture) {
  const file = join(folder, name);
  writeFileSync(file, picture);
  const done = spawnSync("zbarimg", ["--nodbus", "--raw", "-q", file], { encoding: "utf8" });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`zbarimg finds no code in ${name}`);
  return done.stdout.trim();
}
