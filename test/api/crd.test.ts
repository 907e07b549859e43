import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canaryRolloutCrd } from "../../src/api/crd.ts";
import { editorSchema } from "../../src/api/editor-schema.ts";
import { readDocuments } from "../../src/api/lint/documents.ts";
import { parseRollout } from "../../src/api/parse-rollout.ts";
import { apply } from "./api-server.ts";
import { bad, good } from "./corpus.ts";
import { manifest, validSpec } from "./spec-arbitrary.ts";

type Node = { readonly [key: string]: unknown };

const ROOT = canaryRolloutCrd().spec.versions[0]!.schema.openAPIV3Schema as Node;

function rolloutsIn(text: string): readonly Node[] {
  const objects = readDocuments({ name: "f", text }).manifests.map(({ object }) => object);
  return objects.filter(({ apiVersion, kind }) => apiVersion === "serin.dev/v1alpha1" && kind === "CanaryRollout");
}

/** Every schema of the CRD with its path, and whether a list is above it. */
function* schemas(node: Node, path: string, inList = false): Generator<{ node: Node; path: string; inList: boolean }> {
  yield { node, path, inList };
  for (const [key, child] of Object.entries((node["properties"] ?? {}) as Record<string, Node>))
    yield* schemas(child, `${path}.${key}`, inList);
  if (node["items"] !== undefined) yield* schemas(node["items"] as Node, `${path}[]`, true);
  if (node["additionalProperties"] !== undefined) yield* schemas(node["additionalProperties"] as Node, `${path}{}`, inList);
}

const SCHEMAS = [...schemas(ROOT, "")];

describe("the schema and the CRD agree", () => {
  it.each(good)("on $name", ({ text }) => {
    const rollouts = rolloutsIn(text);
    expect(rollouts.length).toBeGreaterThan(0);
    for (const rollout of rollouts) {
      expect(parseRollout(rollout).ok).toBe(true);
      expect(apply(rollout).problems).toEqual([]);
    }
  });

  it.each(bad.filter(({ apiServer }) => apiServer === "refuses too"))("on $name", ({ name, text }) => {
    const rollouts = rolloutsIn(text);
    // Under another kind or version the API server does not know the object at all.
    if (["kind", "api-version", "api-version-missing"].includes(name)) return expect(rollouts).toEqual([]);
    expect(rollouts.some((rollout) => !parseRollout(rollout).ok)).toBe(true);
    for (const rollout of rollouts) expect(apply(rollout).problems.length > 0).toBe(!parseRollout(rollout).ok);
  });

  it("on whatever a single field is replaced with", () => {
    const value = fc.oneof(
      fc.constantFrom(
        "1m",
        "31m",
        "0s",
        "169h",
        "99%",
        "100%",
        "0.99%",
        "Hold",
        "Proportional",
        "",
        "a.b",
        "A",
        {},
        { toString: "" },
        [],
        0,
        1,
        101,
        0.5,
        -1,
        true,
      ),
      fc.jsonValue({ maxDepth: 1 }).filter((json) => json !== null && !JSON.stringify(json).includes("null")),
    );
    const where = fc.constantFrom(
      "targetRef.name targetRef.kind traffic.service traffic.port canary.replicas canary.readyTimeout strategy.bake strategy.deadline strategy.maxUnready strategy.steps analysis.interval analysis.errorTimeout analysis.minRequests analysis.source analysis.clients analysis.successRate.min analysis.latency health suspend".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(
        validSpec,
        where.chain((paths) => fc.constantFrom(...paths)),
        value,
        (spec, path, replacement) => {
          const object = manifest(replaced(spec as Node, path.split("."), replacement));
          const { ok } = parseRollout(object);
          expect(apply(object).problems.length === 0).toBe(ok);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function replaced(node: Node, [key, ...rest]: readonly string[], value: unknown): Node {
  return { ...node, [key!]: rest.length === 0 ? value : replaced((node[key!] ?? {}) as Node, rest, value) };
}

describe("the CRD", () => {
  it("has no defaults inside lists, which GitOps tools would show as drift", () => {
    expect(SCHEMAS.filter(({ node, inList }) => inList && node["default"] !== undefined)).toEqual([]);
  });

  it("limits every list and every string, or CEL rules would cost too much", () => {
    const open = SCHEMAS.filter(({ node, path }) => {
      if (node["type"] === "array") return node["maxItems"] === undefined;
      const text = node["type"] === "string" || node["x-kubernetes-int-or-string"] === true;
      return text && node["maxLength"] === undefined && node["enum"] === undefined && ![".apiVersion", ".kind"].includes(path);
    });
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it("says what every field of the spec means", () => {
    const silent = SCHEMAS.filter(
      ({ node, path }) => path.startsWith(".spec") && !/(\[\]|\{\})$/.test(path) && node["description"] === undefined,
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it("has no expression with look-around, which RE2 cannot read", () => {
    expect(JSON.stringify(ROOT)).not.toMatch(/\(\?[=!<]/);
  });

  it("never lets a fresh object read as done", () => {
    expect(apply(manifest({ targetRef: { name: "a" } })).stored["status"]).toEqual({ observedGeneration: -1 });
  });

  it("stays far below what a client-side apply can carry", () => {
    expect(JSON.stringify(canaryRolloutCrd()).length).toBeLessThan(64 * 1024);
  });

  it("is a new value each time", () => {
    expect(canaryRolloutCrd()).toEqual(canaryRolloutCrd());
    expect(canaryRolloutCrd()).not.toBe(canaryRolloutCrd());
  });
});

describe("the editor schema", () => {
  const validate = new Ajv({ strictTypes: false }).compile(editorSchema() as object);

  it.each(good)("accepts $name", ({ text }) => {
    for (const rollout of rolloutsIn(text)) expect([validate(rollout), validate.errors]).toEqual([true, null]);
  });

  it.each(["rate-fraction", "rate-number", "misspelled-case", "weight-decimals", "source", "bake-number", "steps-empty"])(
    "refuses %s",
    (name) => {
      const { text } = bad.find((sample) => sample.name === name)!;
      for (const rollout of rolloutsIn(text)) expect(validate(rollout)).toBe(false);
    },
  );
});
