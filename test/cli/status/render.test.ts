/** The picture of every phase, as a person reads it. */
import { styleText } from "node:util";
import { describe, expect, test } from "vitest";
import { PHASES } from "../../../src/api/status.ts";
import { type Paint, plain } from "../../../src/cli/io.ts";
import { type Facts, factsOf } from "../../../src/cli/release/facts.ts";
import type { ControllerState } from "../../../src/cli/release/lease.ts";
import { exitCodeOf } from "../../../src/cli/release/state.ts";
import { render } from "../../../src/cli/status/render.ts";
import {
  at,
  CANARY,
  CANARY_IMAGE,
  CANARY_REVISION,
  condition,
  deployment,
  during,
  idle,
  MANAGED,
  NOON,
  paused,
  progressing,
  ready,
  rolledBack,
  rollout,
  STABLE,
  type Status,
  stableSet,
  stopped,
  trialSet,
} from "../support/objects.ts";

const AT_WORK: ControllerState = { at: "work", holder: "serin-0" };

function drawn(facts: Facts, controller = AT_WORK, paint: Paint = plain): string {
  const lines = render({ facts, controller, exitCode: exitCodeOf(facts) }, NOON, { paint, timeZone: "UTC" });
  return `\n${lines.join("\n").replaceAll(CANARY_REVISION, "REVISION").replaceAll(CANARY_REVISION.slice(0, 4), "CNRY")}\n`;
}

function phase(name: (typeof PHASES)[number], reason: string, message: string, more: Partial<Status> = {}): Status {
  const type = name === "Stalled" ? "Stalled" : "Reconciling";
  const conditions = [condition("Ready", "False", reason, message), condition(type, "True", reason, message)];
  return { observedGeneration: 1, phase: name, message, conditions, ...more };
}

describe("the picture of a rollout", () => {
  test("no controller has looked at it", () => {
    expect(drawn(idle(undefined), { at: "rest", why: "there is no such lease" })).toMatchInlineSnapshot(`
      "
      shop/checkout  Unknown  no controller has looked at it yet
      ├ !      no controller is at work (there is no such lease): nothing will move until one runs
      └ next   adoption of the Deployment, then Ready
      "
    `);
  });

  test("Initializing", () => {
    const status = phase("Initializing", "WaitingForDeployment", "waiting for Deployment checkout to finish its own rollout");
    expect(drawn(idle(status))).toMatchInlineSnapshot(`
      "
      shop/checkout  Initializing  WaitingForDeployment
      ├ now    waiting for Deployment checkout to finish its own rollout
      └ next   adoption of the Deployment, then Ready
        serin eject checkout
      "
    `);
  });

  test("Ready, after a promotion", () => {
    const entry = {
      revision: CANARY_REVISION,
      outcome: "Promoted",
      startedAt: at(-7200),
      finishedAt: at(-3600),
      failedRequests: 1204,
    } as const;
    expect(drawn(idle(ready({ history: [entry] })))).toMatchInlineSnapshot(`
      "
      shop/checkout  Ready  v2.3.0
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ last   CNRY Promoted 1h ago, 1,204 failed requests
      ├ holds  Deployment paused
      └ next   a release, when the template changes
        serin restart | eject checkout
      "
    `);
  });

  test("Ready, and a template that the controller has not seen", () => {
    expect(drawn(idle(ready(), CANARY_IMAGE))).toMatchInlineSnapshot(`
      "
      shop/checkout  Ready  v2.3.0
      ├ !      the Deployment asks for v2.3.1, which the controller has not seen yet
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ holds  Deployment paused (running v2.3.0)
      └ next   a release, once the controller has seen the template
        serin eject checkout
      "
    `);
  });

  test("Pending", () => {
    const status = phase("Pending", "Progressing", "waiting for the list of pods", { stable: STABLE, managed: { deployment: "checkout" } });
    expect(drawn(idle(status, CANARY_IMAGE))).toMatchInlineSnapshot(`
      "
      shop/checkout  Pending  Progressing
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ now    waiting for the list of pods
      ├ holds  Deployment paused (running v2.3.0)
      └ next   the release starts
        serin eject checkout
      "
    `);
  });

  test("Progressing, pods are starting", () => {
    const status = progressing({
      message: "step 1/4: starting one pod of REVISION",
      step: { index: 0, weight: "1%", state: "Sizing", startedAt: at(-12) },
      traffic: { weight: "0%" },
      analysis: undefined,
    });
    expect(drawn(during(status, { ready: 0 }))).toMatchInlineSnapshot(`
      "
      shop/checkout  Progressing  step 1/4  0%  about 4m left
      ├ stable v2.3.0 7d9f 10/10 ready  all requests
      ├ canary v2.3.1 CNRY   0/3 ready  no requests
      ├ steps  1% ●12s (max 30m)  5% ○  20% ○  50% ○  bake ○
      ├ now    step 1/4: starting one pod of REVISION
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   1% when enough of its pods are ready
        serin abort | eject checkout
      "
    `);
  });

  test("Progressing, gathering evidence", () => {
    expect(drawn(during(progressing()))).toMatchInlineSnapshot(`
      "
      shop/checkout  Progressing  step 3/4  20%  about 2m left
      ├ stable v2.3.0 7d9f 10/10 ready  80.4% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  19.6%  confirmed 30s ago
      ├ steps  1% ✔  5% ✔  20% ●4m (max 30m)  50% ○  bake ○
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    step 3/4, 20 %: gathering evidence
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   50% when the evidence suffices, else hold 12:26
        serin abort | eject checkout
      "
    `);
  });

  test("Progressing, the mesh has not confirmed the weight", () => {
    const status = progressing({
      step: { index: 3, weight: "50%", state: "Confirming", startedAt: at(-5) },
      traffic: { weight: "50%", writtenAt: at(-5) },
      conditions: [
        condition("Ready", "False", "Progressing"),
        condition("TrafficConfirmed", "False", "TrafficUnconfirmed", "the mesh gives the canary 0 %: is the port opaque?"),
      ],
    });
    expect(drawn(during(status))).toMatchInlineSnapshot(`
      "
      shop/checkout  Progressing  step 4/4  50%  about 1m left
      ├ !      TrafficUnconfirmed: the mesh gives the canary 0 %: is the port opaque?
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ canary v2.3.1 CNRY   3/3 ready  weight 50%
      ├ steps  1% ✔  5% ✔  20% ✔  50% ●5s (max 30m)  bake ○
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    step 3/4, 20 %: gathering evidence
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   bake at 100% when the mesh confirms the weight and the evidence suffices, else hold 12:29
        serin abort | eject checkout
      "
    `);
  });

  test("Progressing at 100 %", () => {
    const step = { index: 4, weight: "100%", state: "Analysing", startedAt: at(-20) } as const;
    const traffic = { weight: "100%", writtenAt: at(-20), observedShare: "100.0%", confirmedAt: at(-10) };
    expect(drawn(during(progressing({ message: "bake: readiness alone decides", step, traffic })))).toMatchInlineSnapshot(`
      "
      shop/checkout  Progressing  bake  100%  about 50s left
      ├ stable v2.3.0 7d9f 10/10 ready  0.0% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  100.0%  confirmed 10s ago
      ├ steps  1% ✔  5% ✔  20% ✔  50% ✔  bake ●20s (max 30m)
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    bake: readiness alone decides
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   hand-over when the evidence suffices, else hold 12:29
        serin abort | eject checkout
      "
    `);
  });

  test("Paused, waiting for approval", () => {
    const step = { index: 2, weight: "20%", state: "Waiting", startedAt: at(-240) } as const;
    const message = "step 3/4, 20 %: waiting for approval: serin promote checkout";
    expect(drawn(during(paused("AwaitingApproval", { step, message, waitingFor: "Approval(step 3)" })))).toMatchInlineSnapshot(`
      "
      shop/checkout  Paused  AwaitingApproval  step 3/4  20%
      ├ stable v2.3.0 7d9f 10/10 ready  80.4% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  19.6%  confirmed 30s ago
      ├ steps  1% ✔  5% ✔  20% ●4m (approval)  50% ○  bake ○
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    step 3/4, 20 %: waiting for approval: serin promote checkout
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   serin promote checkout passes Approval(step 3)      exit 7
        serin promote | abort | eject checkout
      "
    `);
  });

  test("Paused, suspended", () => {
    expect(drawn(during(paused("Suspended", { message: "suspended: incident 4711" })))).toMatchInlineSnapshot(`
      "
      shop/checkout  Paused  Suspended  step 3/4  20%
      ├ stable v2.3.0 7d9f 10/10 ready  80.4% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  19.6%  confirmed 30s ago
      ├ steps  1% ✔  5% ✔  20% ●4m (max 30m)  50% ○  bake ○
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    suspended: incident 4711
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   goes on when the suspension ends; a failing canary is rolled back all the same      exit 7
        serin abort | eject checkout
      "
    `);
  });

  test("Paused, too little traffic to judge", () => {
    const message = "step 3/4, 20 %: success-rate: 12 of at least 50 requests; maxDuration is over; serin promote checkout passes it";
    const status = paused("InsufficientTraffic", { message, waitingFor: "Inconclusive(step 3)" }, true);
    expect(drawn(during(status))).toMatchInlineSnapshot(`
      "
      shop/checkout  Paused  InsufficientTraffic  step 3/4  20%
      ├ stable v2.3.0 7d9f 10/10 ready  80.4% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  19.6%  confirmed 30s ago
      ├ steps  1% ✔  5% ✔  20% ●4m (max 30m)  50% ○  bake ○
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    step 3/4, 20 %: success-rate: 12 of at least 50 requests; maxDuration is over; serin promote checkout passes it
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   goes on with new evidence; serin promote checkout passes Inconclusive(step 3)      exit 2
        serin promote | abort | eject checkout
      "
    `);
  });

  test("Paused, hands off", () => {
    const message = "Deployment checkout carries serin.dev/hands-off: Serin writes nothing to it; remove the annotation to adopt it anew";
    expect(drawn(idle(phase("Paused", "HandsOff", message, { managed: {} })))).toMatchInlineSnapshot(`
      "
      shop/checkout  Paused  HandsOff
      ├ now    Deployment checkout carries serin.dev/hands-off: Serin writes nothing to it; remove the annotation to adopt it anew
      ├ holds  Deployment paused
      └ next   nothing, until somebody removes the mark: kubectl annotate deployment checkout serin.dev/hands-off-      exit 7
      "
    `);
  });

  test("Promoting", () => {
    const status = progressing({
      phase: "Promoting",
      message: "REVISION is handed over: Kubernetes takes the old pods away",
      step: { index: 4, weight: "100%", state: "Analysing", startedAt: at(-70) },
      traffic: { weight: "100%", writtenAt: at(-70), observedShare: "100.0%", confirmedAt: at(-60) },
      conditions: [condition("Ready", "False", "Promoting"), condition("Reconciling", "True", "Promoting")],
    });
    expect(drawn(during(status))).toMatchInlineSnapshot(`
      "
      shop/checkout  Promoting  bake  100%
      ├ stable v2.3.0 7d9f 10/10 ready  0.0% of requests
      ├ canary v2.3.1 CNRY   3/3 ready  100.0%  confirmed 1m ago
      ├ steps  1% ✔  5% ✔  20% ✔  50% ✔  bake ●1m (max 30m)
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    REVISION is handed over: Kubernetes takes the old pods away
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   Ready, when the old pods are gone
        serin abort | eject checkout
      "
    `);
  });

  test("RollingBack", () => {
    const status = { ...rolledBack({ phase: "RollingBack", message: "rolled back (success-rate)", managed: MANAGED }) };
    expect(drawn(during(status))).toMatchInlineSnapshot(`
      "
      shop/checkout  RollingBack  step 3/4  0%
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ now    rolled back (success-rate)
      ├ why    AnalysisFailed: success-rate: canary 41/594 failed, stable 3/4,310 failed: too many for at least 99%
      ├ when   weight 0 at 11:59:00, 1m ago
      ├ users  41 failed; max exposure 20%
      ├ git    still asks for v2.3.1: fix or revert; nothing retries
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   the trial's pods go; users are on stable already      exit 1
        serin retry | eject checkout
      "
    `);
  });

  test("stopped under onFail: Stop", () => {
    expect(drawn(during(stopped()))).toMatchInlineSnapshot(`
      "
      shop/checkout  Paused  Stopped  step 3/4  0%
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ canary v2.3.1 CNRY   3/3 ready
      ├ now    stopped (AnalysisFailed: 41/594 failed); the canary's pods are kept: serin abort, retry or promote checkout
      ├ why    AnalysisFailed: success-rate: canary 41/594 failed, stable 3/4,310 failed: too many for at least 99%
      ├ when   weight 0 at 11:59:00, 1m ago
      ├ users  41 failed; max exposure 20%
      ├ git    still asks for v2.3.1: fix or revert; nothing retries
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   a person decides: serin abort, retry or promote checkout      exit 7
        serin promote | abort | retry | eject checkout
      "
    `);
  });

  test("RolledBack", () => {
    expect(drawn(during(rolledBack()))).toMatchInlineSnapshot(`
      "
      shop/checkout  RolledBack  v2.3.1 refused; users on v2.3.0
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ why    AnalysisFailed: success-rate: canary 41/594 failed, stable 3/4,310 failed: too many for at least 99%
      ├ when   weight 0 at 11:59:00, 1m ago
      ├ users  41 failed; max exposure 20%
      ├ git    still asks for v2.3.1: fix or revert; nothing retries
      ├ holds  Deployment paused (running v2.3.0)
      └ next   fix or revert the template, or serin retry checkout      exit 1
        serin retry | eject checkout
      "
    `);
  });

  test("Stalled on a spec that is invalid, which cannot be read either", () => {
    const message =
      'spec.strategy.steps[1].weight: must be a whole percent from 1 to 100, or tenths of a percent in quotes from "0.1%" on, such as 20';
    const status = phase("Stalled", "InvalidSpec", message, { ...progressing(), phase: "Stalled", message, traffic: { weight: "0%" } });
    const conditions = [condition("Ready", "False", "InvalidSpec"), condition("Stalled", "True", "InvalidSpec")];
    const spec = { strategy: { steps: [{ weight: 1 }, { weight: "a fifth" }] } };
    expect(drawn(during({ ...status, conditions }, { spec }))).toMatchInlineSnapshot(`
      "
      shop/checkout  Stalled  InvalidSpec
      ├ stable v2.3.0 7d9f 10/10 ready  all requests
      ├ canary v2.3.1 CNRY   3/3 ready  no requests
      ├ checks      canary                        stable
      │ success  ●  98.91% of 1,204               99.93% of 4,890
      │ p99      ✔  99.90% within 300ms of 1,191  99.95% within 300ms of 4,887
      ├ why    success: canary 13/1,204 failed, stable 3/4,890 failed: below 99%, not surely so
      ├ now    spec.strategy.steps[1].weight: must be a whole percent from 1 to 100, or tenths of a percent in quotes from "0.1%" on, such as 20
      ├ holds  Deployment paused (running v2.3.0); Service checkout pinned; route checkout
      └ next   goes on when that is mended      exit 3
        serin abort | eject checkout
      "
    `);
  });

  test("Stalled on something that is missing", () => {
    const message = "Service checkout does not exist in namespace shop: create it or correct spec.traffic.service";
    expect(drawn(idle(phase("Stalled", "ServiceMissing", message)))).toMatchInlineSnapshot(`
      "
      shop/checkout  Stalled  ServiceMissing
      ├ now    Service checkout does not exist in namespace shop: create it or correct spec.traffic.service
      └ next   goes on when that is mended      exit 1
        serin eject checkout
      "
    `);
  });

  test("Terminating", () => {
    const status = {
      ...rolledBack({ phase: "Terminating", message: "giving everything back", conditions: [condition("Ready", "False", "Terminating")] }),
      canary: { ...CANARY, outcome: "Removed" } as const,
    };
    expect(drawn(idle(status, CANARY_IMAGE))).toMatchInlineSnapshot(`
      "
      shop/checkout  Terminating
      ├ stable v2.3.0 7d9f 10/10 ready
      ├ now    giving everything back
      ├ holds  Deployment paused (running v2.3.0)
      └ next   gone, when everything is given back
        serin eject checkout
      "
    `);
  });
});

test("every phase has a picture that ends with what comes next", () => {
  for (const name of PHASES) {
    for (const status of [progressing({ phase: name }), rolledBack({ phase: name }), ready({ phase: name })]) {
      expect(drawn(during(status))).toMatch(/\n└ next {3}\S/);
    }
  }
});

test("no controller at work is said before anything else", () => {
  const why = "serin-system/serin-controller has ended: serin-0 renewed it last at 2026-11-25T11:00:00.000000Z";
  const lines = drawn(during(progressing()), { at: "rest", why }).split("\n");
  expect(lines[2]).toBe(`├ !      no controller is at work (${why}): nothing will move until one runs`);
});

test("the live pods are shown, not those that the status remembers", () => {
  const facts = factsOf({
    rollout: rollout(progressing()),
    deployment: deployment(CANARY_IMAGE, { replicas: 12 }),
    sets: [stableSet(9), trialSet(4, 1)],
  });
  expect(drawn(facts)).toMatch(/9\/12 ready[\s\S]*1\/4 ready/);
});

test("the version shown is the image that changed", () => {
  const sidecar = { stable: "ghcr.io/shop/checkout:v2.3.0", canary: "ghcr.io/shop/checkout:v2.3.0" };
  const status = progressing({
    stable: { ...STABLE, images: [sidecar.stable, "envoy@sha256:0123456789abcdef"] },
    canary: { ...CANARY, images: [sidecar.canary, "envoy@sha256:fedcba9876543210"] },
  });
  expect(drawn(during(status))).toMatch(/stable 01234567 [\s\S]*canary fedcba98 /);
});

test("colours change nothing but the look", () => {
  const paint: Paint = (style, text) => styleText(style, text, { validateStream: false });
  const painted = drawn(during(progressing()), AT_WORK, paint);
  expect(painted).not.toBe(drawn(during(progressing())));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal takes as colours
  expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(drawn(during(progressing())));
});
