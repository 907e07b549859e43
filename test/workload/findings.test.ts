import { describe, expect, it } from "vitest";
import type { Deployment, ReplicaSet } from "../../src/domain/kube.ts";
import { trialReplicaSet } from "../../src/workload/build.ts";
import { selectedByAnother, targetFinding, trialTemplateChanged } from "../../src/workload/findings.ts";
import { selectorMatches, serviceSelects } from "../../src/workload/selector.ts";
import { deployment, replicaSet, service, template } from "./objects.ts";

const pending = deployment({ template: template("checkout:2") });
const trial = trialReplicaSet({
  rolloutName: "checkout",
  deployment: pending,
  stableSet: replicaSet("v1", "checkout:1", 10),
  revision: "rev",
  size: 1,
  now: 0,
});

describe("a target that cannot be released", () => {
  const hash = { app: "checkout", "pod-template-hash": "x" };

  it.each<[string, Deployment]>([
    ["StrategyRecreate", deployment({ strategy: { type: "Recreate" } })],
    ["RevisionHistoryLimitZero", deployment({ revisionHistoryLimit: 0 })],
    ["PodTemplateHashTaken", deployment({ template: { ...template(), metadata: { labels: hash } } })],
    ["PodTemplateHashTaken", deployment({ selector: { matchLabels: hash } })],
    ["PodTemplateHashTaken", deployment({ selector: { matchExpressions: [{ key: "pod-template-hash", operator: "Exists" }] } })],
  ])("%s", (reason, target) => {
    expect(targetFinding(target)).toMatchObject({ reason, message: expect.stringContaining("checkout") });
  });

  it("nothing is found in an ordinary one", () => {
    expect(targetFinding(deployment())).toBeUndefined();
  });
});

describe("TrialTemplateChanged", () => {
  it("an admission webhook rewrote the set: named with the path", () => {
    const [container] = trial.spec.template.spec.containers;
    const rewritten: ReplicaSet = {
      ...trial,
      spec: { ...trial.spec, template: { ...trial.spec.template, spec: { containers: [{ ...container!, image: "checkout@sha256:00" }] } } },
    };
    const found = trialTemplateChanged(rewritten, {
      ...pending,
      spec: { ...pending.spec, template: { ...pending.spec.template, spec: { containers: [container!] } } },
    });
    expect(found).toMatchObject({ reason: "TrialTemplateChanged", message: expect.stringContaining("spec.containers[0].image") });
    expect(trialTemplateChanged(trial, pending)).toBeUndefined();
  });
});

describe("SelectorOverlaps", () => {
  const other = (selector: Deployment["spec"]["selector"], namespace = "shop") =>
    deployment({ selector }, { name: "other", uid: "other", namespace });

  it.each<[string, Deployment, boolean]>([
    ["the same labels", other({ matchLabels: { app: "checkout" } }), true],
    ["a wider selector", other({ matchExpressions: [{ key: "app", operator: "In", values: ["cart", "checkout"] }] }), true],
    ["another namespace", other({ matchLabels: { app: "checkout" } }, "prod"), false],
    ["other labels", other({ matchLabels: { app: "cart" } }), false],
    ["itself", pending, false],
  ])("%s", (_, one, found) => {
    expect(selectedByAnother(pending, "rev", [one]) !== undefined).toBe(found);
  });
});

describe("selectors", () => {
  it.each<[string, Parameters<typeof selectorMatches>[0], Record<string, string>, boolean]>([
    ["none matches nothing", undefined, { a: "1" }, false],
    ["an empty one matches all", {}, {}, true],
    ["labels", { matchLabels: { a: "1" } }, { a: "1", b: "2" }, true],
    ["another value", { matchLabels: { a: "1" } }, { a: "2" }, false],
    ["In without the label", { matchExpressions: [{ key: "a", operator: "In", values: ["1"] }] }, {}, false],
    ["NotIn without the label", { matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, {}, true],
    ["NotIn with it", { matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, { a: "1" }, false],
    ["Exists", { matchExpressions: [{ key: "a", operator: "Exists" }] }, { a: "" }, true],
    ["DoesNotExist", { matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, { a: "" }, false],
  ])("%s", (_, selector, labels, matches) => {
    expect(selectorMatches(selector, labels)).toBe(matches);
  });

  it("a Service without one selects nothing", () => {
    expect(serviceSelects(service({ selector: {} }), { app: "checkout" })).toBe(false);
    expect(serviceSelects(service(), { app: "checkout", x: "y" })).toBe(true);
  });
});
