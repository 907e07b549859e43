/** Commands that need no cluster, and mistakes in the arguments. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { serin, startSerin } from "../support/process.ts";

describe("without a cluster", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-lint-"));
    mkdirSync(join(folder, "deep/er"), { recursive: true });
    const rollout = (spec: string) => `apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: a}\nspec:\n${spec}\n`;
    writeFileSync(join(folder, "good.yaml"), rollout("  targetRef: {kind: Deployment, name: a}"));
    writeFileSync(
      join(folder, "deep/er/bad.yml"),
      rollout("  targetRef: {kind: Deployment, name: b}\n  strategy:\n    steps: [{weight: 200}]"),
    );
    writeFileSync(join(folder, "deep/notes.txt"), "{{ not a manifest");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("lint: folders with everything below, places and fixes, and 3", async () => {
    const { code, stdout } = await serin(["lint", "."], { cwd: folder });
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^deep\/er\/bad\.yml:7:22: spec\.strategy\.steps\[0\]\.weight: .*; .*\n2 CanaryRollouts in 2 files: 1 finding\n$/,
    );
  });

  test("lint: clean is 0, and says how much was looked at", async () => {
    const { code, stdout } = await serin(["lint", "good.yaml"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1 CanaryRollout in 1 file: nothing to complain about\n" });
  });

  test("lint: standard input, as JSON and JUnit", async () => {
    const stdin = "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: a}\nspec: {}\n";
    const json = await serin(["lint", "-", "-o", "json"], { stdin });
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({
      files: 1,
      rollouts: 1,
      findings: [{ file: "<stdin>", line: 4, path: "spec.targetRef" }],
    });
    const junit = await serin(["lint", "-", "-o", "junit"], { stdin });
    expect(junit.stdout).toContain('<testcase classname="serin.lint" name="&lt;stdin&gt;">');
    expect(junit.stdout).toContain('tests="1" failures="1"');
  });

  test("lint: a preset that does not exist", async () => {
    const stdin =
      "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: a}\nspec:\n  targetRef: {kind: Deployment, name: a}\n  analysis: {preset: Linkred}\n";
    const { code, stdout } = await serin(["lint", "-"], { stdin });
    expect(code).toBe(3);
    expect(stdout).toContain("write Linkerd");
  });

  test.each([[[]], [["nowhere.yaml"]]])("lint %o: bad input", async (paths) => {
    expect((await serin(["lint", ...paths], { cwd: folder })).code).toBe(3);
  });

  test("crds prints what the cluster needs", async () => {
    const { code, stdout } = await serin(["crds"]);
    expect(code).toBe(0);
    const names = parseAllDocuments(stdout).map((document) => (document.toJS() as { metadata: { name: string } }).metadata.name);
    expect(names).toEqual(["canaryrollouts.serin.dev"]);
  });

  test.each([
    [["stats"], "Did you mean status?"],
    [["get", "--al-namespaces"], "Did you mean --all-namespaces?"],
    [["status"], "missing required argument 'name'"],
    [["get", "-o", "xml"], "Allowed choices are json, yaml, wide."],
    [["-n", "shop", "get"], "write options after it"],
    [["controller", "--port", "ninety"], "--port:"],
    [["controller", "--log-level", "loud"], "--log-level:"],
  ])("%o is bad input, with what was meant", async (args, hint) => {
    const { code, stderr } = await serin(args);
    expect(code).toBe(3);
    expect(stderr).toContain(hint);
  });

  test("help is no error, names every command and every exit code", async () => {
    const { code, stdout } = await serin(["--help"]);
    expect(code).toBe(0);
    for (const command of [
      "get",
      "status",
      "wait",
      "promote",
      "abort",
      "retry",
      "restart",
      "eject",
      "lint",
      "crds",
      "controller",
      "demo",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
    expect(stdout).toContain("8 still running");
    expect((await serin([])).code).toBe(0);
    expect((await serin(["help", "wait"])).stdout).toContain("--no-wait-for-person");
  });

  test("a reader that has seen enough is no failure", async () => {
    const running = startSerin(["crds"]);
    running.child.stdout.destroy();
    expect(await running.ended).toMatchObject({ code: 0, stderr: "" });
  });

  test("the controller's options are its configuration's", async () => {
    const { stdout } = await serin(["controller", "--help"]);
    for (const option of ["--lease-namespace", "--prometheus-url", "--leader-election [true|false]"]) expect(stdout).toContain(option);
  });
});
