/** What a person does with kubectl and a CanaryRollout, on a real API server: it takes the examples, explains, shows and describes them. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { createAsk, pathOf } from "../../src/standin/api-access.ts";
import { startTestPlane, type TestPlane } from "../support/control-plane.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const CRDS = fileURLToPath(new URL("../../crds/serin.dev_canaryrollouts.yaml", import.meta.url));
/** Where the examples that name a namespace want to be. */
const SHOP = ["-n", "shop"];
let real: TestPlane;

beforeAll(async () => {
  real = await startTestPlane();
  await real.kubectl("create", "namespace", "shop");
}, 180_000);
afterAll(() => real.close());

const kubectl = (...args: string[]) => real.kubectl(...args);
const refusal = (...args: string[]) =>
  kubectl(...args).then(
    () => "",
    (error: unknown) => (error as { stderr: string }).stderr,
  );

test("apply takes the CRD client side and server side, again without a change", async () => {
  expect(await kubectl("apply", "-f", CRDS)).toMatch(/configured|unchanged/);
  expect(await kubectl("apply", "--server-side", "--force-conflicts", "-f", CRDS)).toContain("serverside-applied");
  expect(await kubectl("get", "crd", "canaryrollouts.serin.dev", "-o", "jsonpath={.metadata.annotations.serin\\.dev/schema}")).toBe("1");
});

test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml")))(
  "example %s: client side, server side, and no drift",
  async (name) => {
    const file = `${EXAMPLES}${name}`;
    await kubectl("apply", ...SHOP, "-f", file);
    expect(await kubectl("apply", ...SHOP, "-f", file)).not.toMatch(/configured|created/);
    expect(await kubectl("apply", "--server-side", ...SHOP, "-f", file)).toContain("serverside-applied");
    expect(await kubectl("diff", ...SHOP, "-f", file)).toBe("");
    await kubectl("delete", ...SHOP, "-f", file);
  },
);

test("explain has every field's words", async () => {
  const printed = await kubectl("explain", "cro.spec.strategy.steps");
  expect(printed).toContain("minDuration\t<string>");
  expect(printed).toMatch(/Share of the requests that the canary gets/);
  expect(printed).toMatch(/weight\s+<Object> -required-/);
});

test("get shows the columns, describe the conditions and the events", async () => {
  const file = await real.file(
    "one.yaml",
    "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: checkout, namespace: default}\nspec: {targetRef: {kind: Deployment, name: checkout}}\n",
  );
  expect(await kubectl("create", "-f", file)).toBe("canaryrollout.serin.dev/checkout created\n");
  const ask = createAsk(real.plane.access(), "serin-test");
  const at = "2026-11-27T10:00:00Z";
  const ready = {
    type: "Ready",
    status: "False",
    reason: "Progressing",
    message: "a release runs",
    lastTransitionTime: at,
    observedGeneration: 1,
  };
  const status = {
    observedGeneration: 1,
    phase: "Progressing",
    message: "step 3/4, 20 %: gathering evidence",
    stable: { revision: "7d9f7d9f7d" },
    canary: { revision: "55c455c455", attempt: 0, startedAt: at },
    step: { index: 2, position: "3/4", weight: "20%", state: "Analysing", startedAt: at },
    traffic: { weight: "20%" },
    analysis: { verdict: "Inconclusive", checks: [] },
    conditions: [ready],
  };
  const answer = await ask(`${pathOf(RESOURCES.canaryRollouts, "default", "checkout")}/status`, { method: "PATCH", body: { status } });
  expect(answer.statusCode, await answer.body.text()).toBe(200);
  expect((await kubectl("get", "cro")).split("\n").map((line) => line.replace(/ {2,}/g, " | "))).toEqual([
    "NAME | PHASE | STEP | WEIGHT | VERDICT | MESSAGE | AGE",
    expect.stringMatching(/^checkout \| Progressing \| 3\/4 \| 20% \| Inconclusive \| step 3\/4, 20 %: gathering evidence \| \d+s$/),
    "",
  ]);
  expect(await kubectl("get", "cro", "-o", "wide")).toMatch(/STABLE +CANARY/);
  expect(await kubectl("describe", "cro", "checkout")).toMatch(/Phase: +Progressing/);
  expect(await kubectl("wait", "cro/checkout", "--for=jsonpath={.status.phase}=Progressing", "--timeout=10s")).toContain("condition met");
});

test("a mistake is refused with the field, the value and the fix, client side and server side", async () => {
  const file = await real.file(
    "bad.yaml",
    "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: bad, namespace: default}\nspec:\n  targetRef: {kind: Deployment, name: checkout}\n  strategy: {steps: [{weight: 20}, {weight: 5}]}\n",
  );
  for (const way of [[], ["--server-side"]]) {
    expect(await refusal("apply", ...way, "-f", file)).toContain(
      "spec.strategy.steps: Invalid value: steps must not decrease: sort them by weight",
    );
  }
});
