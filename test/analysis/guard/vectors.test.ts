/** The port agrees with the reference, and a file that was changed anywhere is found out. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { compare } from "../../../scripts/vectors/compare.ts";
import { type Vectors, vectorsIn } from "../../../scripts/vectors/file.ts";

const FILE = fileURLToPath(new URL("../../fixtures/analysis/vectors.json", import.meta.url));
const TEXT = readFileSync(FILE, "utf8");
const SCRIPT = fileURLToPath(new URL("../../../scripts/vectors.ts", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "serin-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The command, with a file of that text. */
function run(text: string): Promise<{ code: number; said: string }> {
  const file = join(folder, "changed.json");
  writeFileSync(file, text);
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, file], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr });
    });
  });
}

function changed(change: (vectors: Draft) => void): Vectors {
  const vectors = JSON.parse(TEXT) as Draft;
  change(vectors);
  return vectorsIn(JSON.stringify(vectors));
}

// biome-ignore lint/suspicious/noExplicitAny: any place of the file may be changed.
type Draft = any;

const rollout = (vectors: Draft, name: string) => vectors.rollouts.find((one: Draft) => one.name.startsWith(name));

test("everything that comes out is equal to 1e-9, over restarts too", () => {
  const { largest, scrapes } = compare(vectorsIn(TEXT));
  expect(largest.size, largest.where).toBeLessThanOrEqual(1e-9);
  expect(scrapes).toBe(680);
});

const slightly = (value: number) => value + Math.max(1, Math.abs(value)) * 2e-9;

test.each<[string, (vectors: Draft) => void, RegExp]>([
  ["an elementary value", (v) => (v.elementary[3].value = slightly(v.elementary[3].value)), /^elementary\[3\]/],
  ["null for a number", (v) => (v.elementary[0].value = null), /^elementary\[0\]/],
  ["a number for null", (v) => (v.elementary.find((one: Draft) => one.value === null).value = 0), /^elementary/],
  ["an argument", (v) => (v.elementary[0].args[0] += 1), /^elementary\[0\]/],
  ["E", (v) => (rollout(v, "good").rows[5].E = slightly(rollout(v, "good").rows[5].E)), /^good, 15 s, row 5, E/],
  ["doubt", (v) => (rollout(v, "thin").rows[7].doubt += 1e-6), /row 7, doubt/],
  ["cuts", (v) => (rollout(v, "bad").rows[2].cuts += 1), /row 2, cuts/],
  ["a decision", (v) => (rollout(v, "good").rows[4].decision = "advance"), /row 4, decision/],
  ["the next weight", (v) => (rollout(v, "burst").rows[30].next_weight *= 1.01), /row 30, next_weight/],
  ["the weight in force", (v) => (rollout(v, "burst").rows[31].weight *= 1.01), /row 31, weight/],
  ["phi", (v) => (rollout(v, "latency").rows[9].phi[2] += 1e-6), /row 9, phi\[2\]/],
  ["what ADVANCE lacks", (v) => (rollout(v, "latency").rows[9].advance_missing[1] += 1e-6), /row 9, advance_missing\[1\]/],
  ["a stream less", (v) => rollout(v, "latency").rows[9].phi.pop(), /row 9, phi\[4\]/],
  ["an incident", (v) => (rollout(v, "incident").rows[3].incident = false), /row 3, incident/],
  ["a count", (v) => (rollout(v, "good").rows[0].xs += 1), /^good/],
  ["a slow answer", (v) => (rollout(v, "good").rows[0].over_c[2] += 1), /^good/],
  ["a client error", (v) => (rollout(v, "404").rows[0].client[0] += 1), /^404/],
  ["the history", (v) => (rollout(v, "good").history.over[1] += 100), /^good/],
  ["the state at a restart", (v) => (rollout(v, "99->90").state_at_restart.streams[1].credit[0] += 1e-6), /state_at_restart/],
  ["no state at a restart", (v) => (rollout(v, "99->90").state_at_restart = null), /state_at_restart/],
  ["a parameter", (v) => (v.params.topup = 0.11), /./],
  ["a row is missing", (v) => rollout(v, "bad").rows.splice(2, 1), /^bad/],
])("found out: %s", (_what, change, where) => {
  const { largest } = compare(changed(change));
  expect(largest.size).toBeGreaterThan(1e-9);
  if (largest.size < Number.POSITIVE_INFINITY) expect(largest.where).toMatch(where);
});

test.each<[string, (vectors: Draft) => void, RegExp]>([
  ["a parameter that we do not know", (v) => (v.params.gamma = 1), /params.*gamma/],
  ["a parameter that is missing", (v) => delete v.params.alpha, /params\.alpha/],
  ["a text for a number", (v) => (v.rollouts[1].rows[3].nc = "12"), /rollouts\[1\]\.rows\[3\]\.nc/],
  ["a function that we do not know", (v) => (v.elementary[2].f = "magic"), /elementary\[2\]\.f/],
])("no such file: %s", (_what, change, path) => {
  expect(() => changed(change)).toThrow(path);
});

test("more bad requests than requests: refused with the place", () => {
  const vectors = changed((v) => {
    v.rollouts[0].rows[2].xc = v.rollouts[0].rows[2].nc + 1;
  });
  expect(() => compare(vectors)).toThrow(/good, 15 s, row 2: .* bad of .* canary requests/);
});

test("the command says the largest difference and ends with 0, 1 or 2", async () => {
  expect(await run(TEXT)).toEqual({
    code: 0,
    said: expect.stringMatching(/^680 scrapes, [\d,]+ values; the largest difference is \S+e-\d+, at /),
  });
  const wrong = await run(TEXT.replace(/"E":1\./, '"E":2.'));
  expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining(", E") });
  expect(await run("{}")).toEqual({ code: 2, said: expect.stringContaining("seed") });
  expect(await run("no json")).toMatchObject({ code: 2 });
});
