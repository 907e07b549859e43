import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PodTemplate } from "../../src/domain/kube.ts";
import { revisionOf } from "../../src/workload/revision.ts";
import { imagesOf, sameTemplate, templateDifference, withHash } from "../../src/workload/template.ts";
import { template } from "./objects.ts";

type Container = Record<string, unknown>;

function withContainer(fields: Container): PodTemplate {
  return { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "a", image: "a:1", ...fields }] } };
}

function withSpec(fields: Record<string, unknown>): PodTemplate {
  return { spec: { containers: [{ name: "a", image: "a:1" }], ...fields } };
}

describe("templates that mean the same", () => {
  it.each<[string, PodTemplate, PodTemplate]>([
    ["the hash label aside", template(), withHash(template(), "abc")],
    ["two hashes", withHash(template(), "x"), withHash(template(), "y")],
    ["absent, null and empty maps", withContainer({ resources: {} }), withContainer({ resources: null })],
    ["absent and empty lists", withContainer({ env: [] }), withContainer({})],
    ["creationTimestamp null", { ...template(), metadata: { labels: { app: "checkout" }, creationTimestamp: null } }, template()],
    ["no metadata and empty metadata", withSpec({}), { metadata: { labels: {} }, ...withSpec({}) }],
    ["nested emptiness", withContainer({ resources: { limits: {} } }), withContainer({})],
    ["cpu by value", withContainer({ resources: { limits: { cpu: "1000m" } } }), withContainer({ resources: { limits: { cpu: "1" } } })],
    [
      "memory by value",
      withContainer({ resources: { requests: { memory: "0.5Gi" } } }),
      withContainer({ resources: { requests: { memory: "512Mi" } } }),
    ],
    ["exponents", withContainer({ resources: { limits: { memory: "1e3" } } }), withContainer({ resources: { limits: { memory: "1k" } } })],
    ["numbers", withContainer({ resources: { limits: { cpu: 2 } } }), withContainer({ resources: { limits: { cpu: "2" } } })],
    [
      "sizeLimit",
      withSpec({ volumes: [{ name: "v", emptyDir: { sizeLimit: "1024Mi" } }] }),
      withSpec({ volumes: [{ name: "v", emptyDir: { sizeLimit: "1Gi" } }] }),
    ],
    ["overhead", withSpec({ overhead: { cpu: "0.25" } }), withSpec({ overhead: { cpu: "250m" } })],
  ])("%s", (_, a, b) => {
    expect(templateDifference(a, b)).toBeUndefined();
    expect(templateDifference(b, a)).toBeUndefined();
  });
});

describe("templates that differ, and where", () => {
  it.each<[string, PodTemplate, PodTemplate]>([
    ["spec.containers[0].image", template("a:1"), template("a:2")],
    ["spec.containers[1]", withSpec({}), { spec: { containers: [{ name: "a", image: "a:1" }, { name: "b" }] } }],
    ["metadata.labels[example.com/x]", template(), { ...template(), metadata: { labels: { app: "checkout", "example.com/x": "1" } } }],
    [
      "metadata.annotations.cpu",
      { ...withSpec({}), metadata: { annotations: { cpu: "1000m" } } },
      { ...withSpec({}), metadata: { annotations: { cpu: "1" } } },
    ],
    [
      "spec.containers[0].resources.limits.cpu",
      withContainer({ resources: { limits: { cpu: "1000m" } } }),
      withContainer({ resources: { limits: { cpu: "1001m" } } }),
    ],
    ["spec.containers[0].resources.limits.cpu", withContainer({ resources: { limits: { cpu: "1" } } }), withContainer({})],
    [
      "spec.containers[0].resources.limits.memory",
      withContainer({ resources: { limits: { memory: "1Gi" } } }),
      withContainer({ resources: { limits: { memory: "1G" } } }),
    ],
    ["spec.containers[0].tty", withContainer({ tty: true }), withContainer({ tty: false })],
    ["spec.automountServiceAccountToken", withSpec({ automountServiceAccountToken: false }), withSpec({})],
    [
      "spec.containers[0].env[0].value",
      withContainer({ env: [{ name: "A", value: "1" }] }),
      withContainer({ env: [{ name: "A", value: "1.0" }] }),
    ],
  ])("%s", (path, a, b) => {
    expect(templateDifference(a, b)).toBe(path);
    expect(templateDifference(b, a)).toBe(path);
  });

  it("an empty selector selects everything, an absent one nothing", () => {
    const affinity = (term: object) => withSpec({ affinity: { podAntiAffinity: { preferred: [{ podAffinityTerm: term }] } } });
    const path = "spec.affinity.podAntiAffinity.preferred[0].podAffinityTerm.namespaceSelector";
    expect(templateDifference(affinity({ namespaceSelector: {} }), affinity({ topologyKey: undefined }))).toBe(path);
    expect(sameTemplate(affinity({ labelSelector: { matchLabels: {} } }), affinity({ labelSelector: {} }))).toBe(true);
  });

  it("a key of every object's prototype is an ordinary key", () => {
    const named = (key: string) => ({ ...withSpec({}), metadata: { labels: JSON.parse(`{"${key}": "1"}`) } });
    expect(templateDifference(named("constructor"), withSpec({}))).toBe("metadata.labels.constructor");
    expect(templateDifference(named("__proto__"), withSpec({}))).toBe("metadata.labels.__proto__");
  });
});

describe("revisions", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const templates = fc.record({
    metadata: fc.record({ labels: fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), { maxKeys: 4 }) }),
    spec: fc.dictionary(fc.string({ maxLength: 8 }), json, { maxKeys: 4 }).map((more) => ({ ...more, containers: [{ name: "a" }] })),
  });

  it("are ten characters of the safe alphabet, whatever the order of keys and the hash label", () => {
    fc.assert(
      fc.property(templates, fc.string({ minLength: 1, maxLength: 8 }), (one, hash) => {
        const revision = revisionOf(one);
        expect(revision).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
        const turned = { spec: reversed(one.spec), metadata: { labels: reversed(one.metadata.labels) } } as unknown as PodTemplate;
        expect(revisionOf(turned)).toBe(revision);
        expect(revisionOf(withHash(one, hash))).toBe(revision);
        expect(sameTemplate(turned, withHash(one, hash))).toBe(true);
      }),
    );
  });

  it("differ where templates differ", () => {
    fc.assert(
      fc.property(templates, templates, (a, b) => {
        if (!sameTemplate(a, b)) expect(revisionOf(a)).not.toBe(revisionOf(b));
      }),
    );
  });

  it("must never change with Serin's version: stored in labels, statuses and intents", () => {
    expect(revisionOf(template("checkout:1"))).toBe("9c88zg289r");
    expect(revisionOf(template("checkout:ü"))).toBe("jptkqgf8l9");
  });

  function reversed<T extends object>(value: T): T {
    return Object.fromEntries(Object.entries(value).toReversed()) as T;
  }
});

describe("images", () => {
  it("each once, in order, as many as status holds", () => {
    const containers = [{ name: "a", image: "x:1" }, { name: "b", image: "y:1" }, { name: "c" }];
    const initContainers = [{ name: "i", image: "x:1" }, ...Array.from({ length: 40 }, (_, i) => ({ name: `${i}`, image: `z:${i}` }))];
    const images = imagesOf({ spec: { containers, initContainers } });
    expect(images.slice(0, 3)).toEqual(["x:1", "y:1", "z:0"]);
    expect(images).toHaveLength(32);
  });
});
