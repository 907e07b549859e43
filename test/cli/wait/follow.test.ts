/** When waiting ends, and with what: never for the release before, whatever the status still says about it. */
import { describe, expect, test } from "vitest";
import { type Facts, factsOf } from "../../../src/cli/release/facts.ts";
import { begin, type Look, look, type Wanted } from "../../../src/cli/wait/follow.ts";
import { withHash } from "../../../src/workload/template.ts";
import {
  at,
  CANARY,
  CANARY_IMAGE,
  CANARY_REVISION,
  condition,
  deployment,
  during,
  idle,
  paused,
  progressing,
  ready,
  rolledBack,
  rollout,
  STABLE,
  STABLE_HASH,
  STABLE_IMAGE,
  type Status,
  stableSet,
  stopped,
  template,
} from "../support/objects.ts";

const PLAIN: Wanted = { waitForPerson: true };
const IMAGE: Wanted = { image: CANARY_IMAGE, waitForPerson: true };

/** What is said at each look, in order, until the end. */
function follow(wanted: Wanted, ...looks: readonly Facts[]): Look[] {
  let memory = begin(looks[0]!);
  const seen: Look[] = [];
  for (const facts of looks) {
    const one = look(facts, wanted, memory);
    seen.push(one);
    if (one.type === "ended") break;
    memory = one.memory;
  }
  return seen;
}

function codes(wanted: Wanted, ...looks: readonly Facts[]): (number | "going")[] {
  return follow(wanted, ...looks).map((one) => (one.type === "ended" ? one.code : "going"));
}

const entry = (outcome: "Promoted" | "RolledBack" | "Superseded" | "Reverted", revision = CANARY_REVISION) => ({
  revision,
  attempt: 0,
  outcome,
  startedAt: CANARY.startedAt,
  finishedAt: at(0),
  reason: `${outcome}: because`,
});

/** After the hand-over the tried set is the stable one. */
function promoted(): Facts {
  const stable = { revision: CANARY_REVISION, podTemplateHash: CANARY_REVISION, images: [CANARY_IMAGE] };
  const set = stableSet();
  const tried = { ...set, spec: { ...set.spec, template: withHash(template(CANARY_IMAGE), CANARY_REVISION) } };
  return factsOf({
    rollout: rollout(ready({ stable, history: [entry("Promoted")] })),
    deployment: deployment(CANARY_IMAGE),
    sets: [tried],
  });
}

describe("the release before", () => {
  test("Ready for the old template is not the end of the new one", () => {
    expect(codes(PLAIN, idle(ready(), CANARY_IMAGE), during(progressing()), promoted())).toEqual(["going", "going", 0]);
  });

  test("an image that is not there yet is waited for", () => {
    const looks = [idle(ready()), idle(ready(), CANARY_IMAGE), during(progressing()), promoted()];
    expect(codes(IMAGE, ...looks)).toEqual(["going", "going", "going", 0]);
    expect(follow(IMAGE, idle(ready()))[0]).toMatchObject({ line: expect.stringContaining(`waiting for image ${CANARY_IMAGE}`) });
  });

  test("a refusal of another revision says nothing about this one", () => {
    const other = rolledBack({ canary: { ...CANARY, revision: "bcdfg12345", outcome: "RolledBack" } });
    expect(codes(PLAIN, during(other))).toEqual(["going"]);
  });

  test("an entry of the history from before does not count, the same revision again does", () => {
    const before = ready({ history: [entry("RolledBack")] });
    const running = progressing({ history: [entry("RolledBack")] });
    const again = { ...entry("Promoted"), startedAt: at(1) };
    const after = factsOf({ ...parts(promoted()), rollout: rollout(ready({ history: [again, entry("RolledBack")] })) });
    expect(codes(IMAGE, idle(before, CANARY_IMAGE), during(running), after)).toEqual(["going", "going", 0]);
  });

  test("held for evidence, of the release that gives way to this one", () => {
    const status = paused("InsufficientTraffic", { canary: { ...CANARY, revision: "bcdfg12345" } }, true);
    expect(codes(PLAIN, during(status))).toEqual(["going"]);
  });

  test("a spec that was invalid until the generation that is not read yet", () => {
    const conditions = [condition("Ready", "False", "InvalidSpec"), condition("Stalled", "True", "InvalidSpec")];
    const status = ready({ phase: "Stalled", conditions, observedGeneration: 0 });
    expect(codes(PLAIN, idle(status, CANARY_IMAGE))).toEqual(["going"]);
  });
});

function parts(facts: Facts) {
  return { deployment: facts.deployment, sets: facts.stableSet === undefined ? [] : [facts.stableSet] };
}

describe("the end", () => {
  test("what runs already is done at once", () => {
    expect(codes(PLAIN, idle(ready()))).toEqual([0]);
    expect(codes({ image: "checkout:v2.3.0", waitForPerson: true }, idle(ready()))).toEqual([0]);
  });

  test("refused", () => {
    const looks = follow(PLAIN, during(progressing()), during(rolledBack()));
    expect(looks.at(-1)).toMatchObject({ type: "ended", code: 1, text: expect.stringContaining("41/594 failed") });
  });

  test("stopped: a person is asked for, whoever waits", () => {
    const looks = follow(PLAIN, during(progressing()), during(stopped()));
    expect(looks.at(-1)).toMatchObject({ type: "ended", code: 7, text: expect.stringContaining("waits for a person") });
  });

  test("refused before the waiting began, and asked for still", () => {
    expect(follow(PLAIN, during(rolledBack()))).toMatchObject([{ code: 1, text: expect.stringContaining("41/594 failed") }]);
  });

  test.each([
    ["Superseded", 6],
    ["Reverted", 6],
    ["RolledBack", 1],
  ] as const)("%s in the history, after the template has moved on", (outcome, code) => {
    const after = idle(ready({ history: [entry(outcome)] }));
    expect(codes(IMAGE, during(progressing()), after)).toEqual(["going", code]);
  });

  test("gave way before it began", () => {
    expect(codes(PLAIN, idle(ready(), CANARY_IMAGE), idle(ready(), "ghcr.io/shop/checkout:v2.3.2"))).toEqual(["going", 6]);
  });

  test("another change that keeps the image is followed", () => {
    const changed = deployment(CANARY_IMAGE);
    const podTemplate = { ...changed.spec.template, metadata: { labels: { app: "checkout", more: "1" } } };
    const moved = factsOf({
      rollout: rollout(progressing()),
      deployment: { ...changed, spec: { ...changed.spec, template: podTemplate } },
      sets: [stableSet()],
    });
    const superseded = factsOf({
      rollout: rollout(ready({ history: [entry("Superseded")] })),
      deployment: moved.deployment,
      sets: [stableSet()],
    });
    expect(codes(IMAGE, during(progressing()), moved, superseded)).toEqual(["going", "going", "going"]);
  });

  test.each([
    ["Inconclusive", 2],
    ["InsufficientTraffic", 2],
    ["TrafficUnconfirmed", 2],
  ])("held for evidence: %s", (reason, code) => {
    expect(codes(PLAIN, during(paused(reason, {}, true)))).toEqual([code]);
  });

  test.each([
    ["InvalidSpec", 3],
    ["MetricsUnavailable", 4],
    ["Forbidden", 1],
    ["TargetTaken", 1],
  ])("stalled: %s", (reason, code) => {
    const conditions = [condition("Ready", "False", reason), condition("Stalled", "True", reason)];
    expect(codes(PLAIN, during(progressing({ phase: "Stalled", conditions })))).toEqual([code]);
  });

  test.each(["ServiceMissing", "TargetMissing"])("a pipeline may apply the rollout first: %s passes", (reason) => {
    const conditions = [condition("Ready", "False", reason), condition("Stalled", "True", reason)];
    expect(codes(PLAIN, idle(ready({ phase: "Stalled", conditions })))).toEqual(["going"]);
  });

  test.each(["AwaitingApproval", "Suspended"])("a person: waited for, unless told not to: %s", (reason) => {
    expect(codes(PLAIN, during(paused(reason)))).toEqual(["going"]);
    expect(codes({ waitForPerson: false }, during(paused(reason)))).toEqual([7]);
  });

  test("no Deployment yet", () => {
    const facts = factsOf({ rollout: rollout(undefined), deployment: undefined, sets: [] });
    expect(codes(IMAGE, facts)).toEqual(["going"]);
  });
});

describe("what is waited for", () => {
  test.each([
    [{ image: STABLE_IMAGE }, true],
    [{ image: "checkout:v2.3.0" }, true],
    [{ image: "heckout:v2.3.0" }, false],
    [{ image: "checkout" }, false],
    [{ revision: CANARY_REVISION.slice(0, 4) }, false],
  ] as const)("%o", (wanted, done) => {
    expect(codes({ ...wanted, waitForPerson: true }, idle(ready()))).toEqual([done ? 0 : "going"]);
  });

  test("a prefix of the revision", () => {
    expect(codes({ revision: CANARY_REVISION.slice(0, 5), waitForPerson: true }, promoted())).toEqual([0]);
  });

  test("a retry does not end with the refusal before it", () => {
    const wanted: Wanted = { attempt: 1, waitForPerson: true };
    const second: Status = rolledBack({ canary: { ...CANARY, attempt: 1, outcome: "RolledBack", reason: "AnalysisFailed" } });
    expect(codes(wanted, during(rolledBack()), during(progressing({ canary: { ...CANARY, attempt: 1 } })), during(second))).toEqual([
      "going",
      "going",
      1,
    ]);
  });

  test("a restart waits for a revision that is not there yet", () => {
    const facts = idle(ready());
    const wanted: Wanted = { differentFrom: facts.revision, waitForPerson: true };
    expect(codes(wanted, facts, idle(ready(), CANARY_IMAGE), during(progressing()), promoted())).toEqual(["going", "going", "going", 0]);
  });
});

test("a release that is only stable by hash of Kubernetes' own is found by its template", () => {
  expect(STABLE.revision).toBe(STABLE_HASH);
  expect(codes(PLAIN, idle(ready()))).toEqual([0]);
});
