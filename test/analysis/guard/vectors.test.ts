/** The comparison against the values of its reference implementation, and that no falsified file passes for them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { compareVectors, isAbove } from "../../../scripts/vectors/compare.ts";
import { parseVectors, type Vectors } from "../../../scripts/vectors/format.ts";
import { configOf, paramsOf, scrapeOf, startOf } from "../../../scripts/vectors/reference-form.ts";
import { shareInForce, step } from "../../../src/analysis/guard/step.ts";

const FILE = fileURLToPath(new URL("../../fixtures/analysis/vectors.json", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../../scripts/vectors.ts", import.meta.url));
const text = readFileSync(FILE, "utf8");

function vectors(): Vectors {
  return JSON.parse(text) as Vectors;
}

/** One rollout alone, so that a falsified number is looked for in few scrapes. */
function alone(index: number): Vectors {
  const all = vectors();
  return { ...all, rollouts: [all.rollouts[index]!] };
}

type Path = readonly (string | number)[];

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, Array.isArray(value) ? Number(key) : key]));
}

function changed(vectors: Vectors, path: Path, change: (value: unknown) => unknown): Vectors {
  const copy = structuredClone(vectors) as unknown as Record<string | number, unknown>;
  const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string | number, unknown>, copy);
  const last = path.at(-1)!;
  holder[last] = change(holder[last]);
  return copy as unknown as Vectors;
}

function falsified(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value + 1 : value * (1 + 1e-7);
  if (typeof value === "boolean") return !value;
  return value === null ? 1 : value === "running" ? "promote" : "running";
}

/** Whether the file is refused, or a value in it is found to be another. */
function isFound(file: Vectors): boolean {
  const parsed = parseVectors(JSON.stringify(file));
  return !parsed.ok || compareVectors(parsed.value).some(isAbove);
}

/** `rollouts.3.rows.7.E` as `rollouts.#.rows.#.E`. */
function kindOf(path: Path): string {
  return path.map((part) => (typeof part === "number" ? "#" : part)).join(".");
}

function byKind(paths: readonly Path[]): Map<string, Path[]> {
  const kinds = new Map<string, Path[]>();
  for (const path of paths) kinds.set(kindOf(path), [...(kinds.get(kindOf(path)) ?? []), path]);
  return kinds;
}

/** Read, and without effect on any value of some rollouts: no comparison of values can find them everywhere. */
const WITHOUT_EFFECT_SOMEWHERE = [
  "seed",
  "rollouts.#.name",
  "elementary.#.args.#",
  "rollouts.#.weights.#",
  "rollouts.#.history.n",
  "rollouts.#.history.fail",
  "rollouts.#.history.rate",
  "rollouts.#.history.n_lat",
  "rollouts.#.history.over.#",
  "rollouts.#.rows.#.xs",
  "rollouts.#.rows.#.ns",
  "rollouts.#.rows.#.over_c.#",
];

const all = vectors();

describe("the reference's values", () => {
  it("are all the same here, to the last digits", () => {
    const values = compareVectors(vectors());
    expect(values.length).toBeGreaterThan(13_000);
    expect(Math.max(...values.map(({ size }) => size))).toBeLessThan(1e-12);
  });

  it("hold three restarts", () => {
    expect(vectors().rollouts.filter(({ restart_before_row }) => restart_before_row !== null).length).toBeGreaterThanOrEqual(3);
  });
});

describe("a falsified file is found", () => {
  const restarted = all.rollouts.findIndex(({ restart_before_row }) => restart_before_row !== null);
  const clientErrors = all.rollouts.findIndex(({ client, restart_before_row }) => client && restart_before_row !== null);

  it.each([restarted, clientErrors])("whatever kind of value is changed, anywhere (rollout %i)", (index) => {
    const file = alone(index);
    for (const [kind, paths] of byKind(leavesOf(file))) {
      if (WITHOUT_EFFECT_SOMEWHERE.includes(kind)) continue;
      const some = [paths[0]!, paths[Math.floor(paths.length / 2)]!, paths.at(-1)!];
      for (const path of some) expect(isFound(changed(file, path, falsified)), path.join(".")).toBe(true);
    }
  });

  it.each<[string, Path]>([
    ["a reached step's weight", ["rollouts", 0, "weights", 1]],
    ["stable's latency history", ["rollouts", 0, "history", "over", 2]],
    ["the answers in it", ["rollouts", 0, "history", "n_lat"]],
    ["stable's history where a state is compared", ["rollouts", 0, "history", "fail"]],
    ["requests in it", ["rollouts", 0, "history", "n"]],
    ["the rate before the release", ["rollouts", 0, "history", "rate"]],
    ["stable's failures of a scrape", ["rollouts", 0, "rows", 5, "xs"]],
    ["the canary's slow requests of a scrape", ["rollouts", 0, "rows", 5, "over_c", 2]],
  ])("%s", (_, path) => {
    expect(isFound(changed(alone(restarted), path, falsified))).toBe(true);
  });

  it("every argument and every value of the elementary functions that tells anything", () => {
    for (const [index, { value, args }] of all.elementary.entries()) {
      expect(isFound(changed(alone(1), ["elementary", index, "value"], falsified))).toBe(true);
      if (value === null || value === 0) continue;
      for (const place of args.keys()) {
        const file = changed(alone(1), ["elementary", index, "args", place], (arg) => (arg as number) * 1.01 + 0.01);
        expect(isFound(file), `elementary ${index}, argument ${place}`).toBe(true);
      }
    }
  });

  it.each(Object.keys(all.params))("the parameter %s", (name) => {
    const bump = (value: unknown) => (Array.isArray(value) ? [value[0] * 1.01, ...value.slice(1)] : (value as number) * 1.01 + 0.001);
    expect(isFound(changed(alone(restarted), ["params", name], bump))).toBe(true);
  });

  it("null instead of a number, a number instead of null", () => {
    const index = all.elementary.findIndex(({ value }) => value === null);
    expect(isFound(changed(alone(1), ["elementary", index, "value"], () => 0))).toBe(true);
    expect(isFound(changed(alone(1), ["elementary", 0, "value"], () => null))).toBe(true);
    expect(isFound(changed(alone(1), ["rollouts", 0, "rows", 2, "E"], () => null))).toBe(true);
  });

  it.each([0, 5, -1])("a missing row (%i)", (place) => {
    const without = (rows: unknown) => (rows as unknown[]).toSpliced(place, 1);
    for (const index of [1, 2, restarted, 11]) expect(isFound(changed(alone(index), ["rollouts", 0, "rows"], without))).toBe(true);
  });

  it("rows after the end", () => {
    const more = (rows: unknown) => [...(rows as unknown[]), (rows as unknown[])[0]];
    expect(isFound(changed(alone(1), ["rollouts", 0, "rows"], more))).toBe(true);
  });

  it("counts that cannot be", () => {
    for (const [field, value] of [
      ["xc", 1e6],
      ["nc", -1],
      ["dt", 0],
    ] as const)
      expect(isFound(changed(alone(1), ["rollouts", 0, "rows", 3, field], () => value))).toBe(true);
  });
});

describe("parameters that are not the defaults", () => {
  it("are taken from the file, where they show in it", () => {
    const file = remade({ ...alone(1), params: { ...all.params, fade_s: 30 } });
    expect(file.rollouts[0]!.rows.map(({ doubt }) => doubt)).not.toEqual(all.rollouts[1]!.rows.map(({ doubt }) => doubt));
    expect(compareVectors(file).filter(isAbove)).toEqual([]);
    expect(isFound({ ...file, params: all.params })).toBe(true);
  });

  it("are found where nothing in the file tells them", () => {
    const values = compareVectors({ ...alone(1), params: { ...all.params, max_step_s: 601 } });
    expect(values.filter(isAbove).map(({ where }) => where)).toEqual(["params.max_step_s (nothing in the file tells it)"]);
  });
});

/** The first rollout's counts as they would be judged with the file's parameters. */
function remade(file: Vectors): Vectors {
  const rollout = file.rollouts[0]!;
  const params = paramsOf(file.params);
  const config = configOf(rollout, params);
  let state = startOf(rollout, params);
  const rows = rollout.rows.flatMap((row) => {
    const weight = state.ended === null ? shareInForce(config, state) : 0;
    const stepped = step(config, state, scrapeOf(rollout, row));
    if (!stepped.ok) return [];
    state = stepped.state;
    const { e: E, doubt, cuts, share: next_weight, phi, advanceMissing: advance_missing, incident } = stepped.outcome;
    const decision = stepped.outcome.decision.toLowerCase() as typeof row.decision;
    return [{ ...row, weight, E, doubt, cuts, decision, next_weight, phi: [...phi], advance_missing: [...advance_missing], incident }];
  });
  return { ...file, rollouts: [{ ...rollout, rows }] };
}

describe("a file of another form is refused in one line that names the place", () => {
  const row = ["rollouts", 0, "rows", 3];
  it.each<[string, Path, (value: unknown) => unknown, RegExp]>([
    ["a missing field", [...row, "E"], () => undefined, /^rollouts\[0\]\.rows\[3\]\.E: /],
    ["a word for a number", [...row, "nc"], String, /^rollouts\[0\]\.rows\[3\]\.nc: /],
    ["an unknown field", [...row, "speed"], () => 1, /^rollouts\[0\]\.rows\[3\]: .*speed/],
    ["an unknown decision", [...row, "decision"], () => "fly", /^rollouts\[0\]\.rows\[3\]\.decision: /],
    ["bounds without their counts", [...row, "over_c"], () => [], /^rollouts\[0\]\.rows\[3\]\.over_c: /],
    ["an unknown function", ["elementary", 2, "f"], () => "fly", /^elementary\[2\]\.f: /],
    ["too few arguments", ["elementary", 2, "args"], () => [1], /^elementary\[2\]\.args/],
    ["an unknown parameter", ["params", "speed"], () => 1, /^params: .*speed/],
    ["a missing parameter", ["params", "fade_s"], () => undefined, /^params\.fade_s: /],
    ["no rows", ["rollouts", 0, "rows"], () => [], /^rollouts\[0\]\.rows: /],
    ["no elementary values", ["elementary"], () => [], /^elementary: /],
    ["a restart without a state", ["rollouts", 0, "restart_before_row"], () => 3, /^rollouts\[0\]\.state_at_restart: /],
  ])("%s", (_, path, change, expected) => {
    const parsed = parseVectors(JSON.stringify(changed(alone(1), path, change)));
    expect(parsed).toEqual({ ok: false, why: expect.stringMatching(expected) });
    expect(JSON.stringify(parsed)).not.toContain("\\n");
  });
});

describe("the command", () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-vectors-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
    return { status, out: stdout.trim().split("\n"), error: stderr.trim().split("\n") };
  }

  function written(name: string, content: string): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  it("prints the largest difference and a summary, and exits 0", () => {
    const { status, out } = run(FILE);
    expect(status).toBe(0);
    expect(out[0]).toMatch(/^largest difference: \S+ at rollouts\[\d+\] ".+", row \d+, \S+: \S+ here, \S+ in the file$/);
    expect(out[1]).toMatch(/^57 elementary values, 14 rollouts, 680 scrapes: 0 of \d+ compared values differ by more than 1e-9$/);
  });

  it("names the rollout, the row and the field, and exits 1", () => {
    const path = ["rollouts", 0, "rows", 7, "doubt"];
    const { status, out } = run(written("falsified.json", JSON.stringify(changed(alone(4), path, falsified))));
    expect(status).toBe(1);
    expect(out[0]).toMatch(/at rollouts\[0\] "99->90, 5 s, restart", row 7, doubt: \S+ here, \S+ in the file$/);
    expect(out[1]).toContain(": 1 of ");
  });

  it.each<[string, string, RegExp]>([
    ["not JSON", "{", /: not JSON: /],
    ["of another form", "[]", /: .*expected object/],
    ["with a missing parameter", JSON.stringify(changed(alone(1), ["params", "fade_s"], () => undefined)), /: params\.fade_s: /],
  ])("exits 2 with one line for a file that is %s", (name, content, expected) => {
    const { status, out, error } = run(written(`${name}.json`, content));
    expect({ status, out, lines: error.length }).toEqual({ status: 2, out: [""], lines: 1 });
    expect(error[0]).toMatch(expected);
  });

  it("exits 2 without a file, and for one that is not there", () => {
    expect(run()).toMatchObject({ status: 2, error: ["usage: npm run vectors -- FILE"] });
    expect(run(join(folder, "none.json"))).toMatchObject({ status: 2, error: [expect.stringContaining("cannot be read (ENOENT)")] });
  });
});
