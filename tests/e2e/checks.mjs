// SPDX-License-Identifier: MIT
// Counts what holds and what does not, and prints the closing line.

import { isDeepStrictEqual } from "node:util";

let passed = 0;
let failed = 0;

/** One statement; `detail` is shown when it does not hold. */
export function check(statement, holds, detail = "") {
  if (holds) {
    passed++;
    return;
  }
  failed++;
  console.log(`failed: ${statement}${detail === "" ? "" : `\n        ${detail}`}`);
}

export function same(statement, found, expected) {
  const detail = `found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
  check(statement, isDeepStrictEqual(found, expected), detail);
}

/** Prints "N passed, N failed"; gives the exit code. */
export function finish(error) {
  if (error) {
    failed++;
    console.log(`failed: the run ended early: ${error.stack || error}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
