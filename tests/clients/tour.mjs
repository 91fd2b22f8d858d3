// The little that a tour in JavaScript needs: named checks that go on after a failure, waiting, and the count at the end.

import { writeSync } from 'node:fs';

const leftOut = (process.env.PORTICO_CLIENTS_SKIP ?? '').split(',').filter(Boolean);
const counts = { passed: 0, failed: 0, skipped: 0 };
let group = '';

// Starts a group of checks; false if this run leaves it out.
export function chapter(name, wanted = true) {
  group = name;
  if (wanted && !leftOut.includes(name)) return true;
  counts.skipped += 1;
  console.log(`skipped  ${name}`);
  return false;
}

// Runs one check. What it returns is the caller's; after a failure that is undefined, and the tour goes on.
export async function check(promise, body) {
  try {
    const value = await body();
    counts.passed += 1;
    console.log(`ok       ${group}: ${promise}`);
    return value;
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED   ${group}: ${promise}\n         ${String(error.stack ?? error).split('\n').slice(0, 12).join('\n         ')}`);
    return undefined;
  }
}

// Asks again until there is an answer: what a server accepts it may carry out a moment later.
export async function until(what, ask) {
  const end = Date.now() + 15_000;
  for (;;) {
    let last;
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      if (error.status !== 404) throw error;
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited 15 s in vain for ${what}${last ? `: ${last.message}` : ''}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

// Does something with every item, a few at a time.
export async function each(items, work) {
  const waiting = [...items];
  const results = [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (waiting.length > 0) results.push(await work(waiting.shift()));
  }));
  return results;
}

// Hands the counts to `run`, which adds up all tours, and ends.
export function finish() {
  writeSync(3, `${counts.passed} ${counts.failed} ${counts.skipped}\n`);
  process.exit(0);
}
