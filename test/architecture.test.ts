/** Who may import whom: the table of the design, held against every import in src. The linter says the same while one types. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

const SRC = new URL("../src/", import.meta.url).pathname;

const BELOW: Record<string, readonly string[]> = {
  api: ["domain"],
  domain: ["api"],
  analysis: ["api", "domain"],
  traffic: ["api", "domain"],
  workload: ["api", "domain"],
  engine: ["api", "domain", "analysis", "traffic", "workload"],
  metrics: ["api", "domain"],
  cluster: ["domain"],
  controller: ["api", "domain", "analysis", "traffic", "workload", "engine", "metrics", "cluster"],
  sim: ["api", "domain", "analysis", "traffic", "workload", "engine", "metrics", "cluster", "controller"],
  standin: ["api", "domain", "traffic", "workload", "sim"],
  cli: ["api", "domain", "analysis", "traffic", "workload", "engine", "metrics", "cluster", "controller", "sim", "standin"],
};

const PURE = ["api", "domain", "analysis", "traffic", "workload", "engine"];
const EFFECTS = /Date\.now|Math\.random|\bsetTimeout\b|process\.env|console\./;

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function folderOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

test("imports go down only", () => {
  const wrong = files.flatMap((file) => {
    const folder = folderOf(file);
    const allowed = BELOW[folder];
    return importsOf(file)
      .filter((name) => name.startsWith("."))
      .map((name) => folderOf(relative("", normalize(join(dirname(file), name)))))
      .filter((target) => target !== "" && target !== folder && allowed !== undefined && !allowed.includes(target))
      .map((target) => `${file} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test("only cluster imports the Kubernetes client", () => {
  const importers = files.filter((file) => importsOf(file).includes("@kubernetes/client-node")).map(folderOf);
  expect([...new Set(importers)]).toEqual(["cluster"]);
});

test("pure folders know no clock, no randomness, no environment and no console", () => {
  const clock = ["domain/clock.ts"];
  const wrong = files.filter(
    (file) => PURE.includes(folderOf(file)) && !clock.includes(file) && EFFECTS.test(readFileSync(join(SRC, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});
