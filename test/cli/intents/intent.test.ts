/** Each command writes what the controller will act on, and refuses what it would ignore. */
import { describe, expect, test } from "vitest";
import { INTENT } from "../../../src/cli/intents/intent.ts";
import type { Facts } from "../../../src/cli/release/facts.ts";
import { names, parseIntent } from "../../../src/engine/intents.ts";
import {
  CANARY,
  CANARY_IMAGE,
  CANARY_REVISION,
  during,
  idle,
  NOON,
  paused,
  progressing,
  ready,
  rolledBack,
  stopped,
} from "../support/objects.ts";

const NOW = NOON;
const waiting = during(paused("AwaitingApproval", { waitingFor: "Approval(step 3)" }));

describe("what is written", () => {
  test.each([
    ["promote", waiting],
    ["abort", during(progressing())],
    ["retry", during(rolledBack())],
  ] as const)("%s names the revision, and the time, so that it acts once", (kind, facts) => {
    const asked = INTENT[kind]({ facts, now: NOW });
    if (!asked.ok) throw new Error(asked.why);
    expect(asked).toMatchObject({ annotation: `serin.dev/${kind}`, value: `${CANARY_REVISION}#2026-11-25T12:00:00.000Z` });
    expect(names(parseIntent(kind, asked.value), CANARY_REVISION)).toBe(true);
  });

  test("promote --full skips the rest", () => {
    const asked = INTENT.promote({ facts: waiting, now: NOW, full: true });
    if (!asked.ok) throw new Error(asked.why);
    expect(parseIntent("promote", asked.value)).toMatchObject({ revision: CANARY_REVISION, full: true });
  });

  test("restart is a token", () => {
    expect(INTENT.restart({ facts: idle(ready()), now: NOW })).toMatchObject({
      ok: true,
      annotation: "serin.dev/restart",
      value: "2026-11-25T12:00:00.000Z",
    });
  });

  test("a retry counts from the attempt that was refused", () => {
    const facts = during(rolledBack({ canary: { ...CANARY, attempt: 2, outcome: "RolledBack" } }));
    expect(INTENT.retry({ facts, now: NOW })).toMatchObject({ attempt: 3 });
  });
});

describe("what was stopped waits for any of three answers", () => {
  const facts = during(stopped());

  test.each([
    ["promote", /tried again from the step at which it was stopped \(20%\)/, 1],
    ["retry", /tried again from its first step/, 1],
    ["abort", /the trial's pods go/, undefined],
  ] as const)("%s", (kind, next, attempt) => {
    const asked = INTENT[kind]({ facts, now: NOW });
    expect(asked).toMatchObject({ ok: true, next: expect.stringMatching(next) });
    expect("attempt" in asked ? asked.attempt : undefined).toBe(attempt);
  });

  test("promote --full begins at 100 %", () => {
    const asked = INTENT.promote({ facts, now: NOW, full: true });
    expect(asked).toMatchObject({ value: expect.stringMatching(/\/full#/), next: expect.stringContaining("from 100 %") });
  });
});

describe("what happens next is said", () => {
  test.each([
    [2, "50 %"],
    [3, "bake at 100 %"],
    [4, "hand-over"],
  ])("promote at step %i", (index, next) => {
    const step = { index, weight: "20%", state: "Waiting", startedAt: CANARY.startedAt } as const;
    const facts = during(paused("AwaitingApproval", { waitingFor: "Approval", step }));
    expect(INTENT.promote({ facts, now: NOW })).toMatchObject({ next: expect.stringContaining(`next: ${next}`) });
  });

  test("promote while suspended acts later", () => {
    const facts = during(paused("Suspended", { waitingFor: "Approval(step 3)" }));
    expect(INTENT.promote({ facts, now: NOW })).toMatchObject({ next: expect.stringContaining("as soon as the suspension ends") });
  });
});

describe("what is refused", () => {
  const cases: readonly (readonly ["promote" | "abort" | "retry" | "restart", string, Facts, RegExp])[] = [
    ["promote", "nothing runs", idle(ready()), /no release of checkout runs \(Ready\)/],
    ["promote", "nothing waits", during(progressing()), /nothing waits for a person: step 3\/4/],
    ["promote", "it is refused already", during(rolledBack()), /no release of checkout runs/],
    ["abort", "nothing runs", idle(ready()), /no release/],
    ["abort", "it is refused already", during(rolledBack()), /no release/],
    ["retry", "a release runs", during(progressing()), /nothing of checkout was refused/],
    ["retry", "the template has moved on", idle(rolledBack()), /does not ask for .* any more/],
    ["restart", "a release runs", during(progressing()), /a release runs/],
    ["restart", "it would release what was refused", during(rolledBack()), /a restart would release it/],
    ["restart", "a change is not seen yet", idle(ready(), CANARY_IMAGE), /a restart would release it/],
    ["restart", "not adopted yet", idle(ready({ phase: "Initializing" })), /not Ready \(Initializing\)/],
    ["restart", "no status at all", idle(undefined), /not Ready/],
  ];
  test.each(cases)("%s: %s", (kind, _, facts, why) => {
    const answer = INTENT[kind]({ facts, now: NOW });
    expect(answer).toMatchObject({ ok: false, why: expect.stringMatching(why), help: expect.stringMatching(/./) });
  });
});
