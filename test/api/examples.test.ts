import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readDocuments } from "../../src/api/lint/documents.ts";
import { lintFiles } from "../../src/api/lint.ts";
import { parseRollout } from "../../src/api/parse-rollout.ts";
import { apply } from "./api-server.ts";

const ROOT = new URL("../../examples/", import.meta.url);
const files = readdirSync(ROOT).map((name) => ({ name, text: readFileSync(new URL(name, ROOT), "utf8") }));

describe("examples", () => {
  it.each(files)("lint and the API server accept $name", (file) => {
    expect(lintFiles([file], { presets: ["Linkerd"] })).toEqual({ findings: [], rollouts: 1 });
    const rollout = readDocuments(file).manifests.find(({ object }) => object["kind"] === "CanaryRollout")!.object;
    expect(apply(rollout).problems).toEqual([]);
  });

  it("minimal.yaml says no more than what is released", () => {
    const { text } = files.find(({ name }) => name === "minimal.yaml")!;
    const parsed = parseRollout(readDocuments({ name: "f", text }).manifests[0]!.object);
    expect(parsed.ok && parsed.rollout.spec).toEqual({ targetRef: { kind: "Deployment", name: "checkout" } });
  });
});
