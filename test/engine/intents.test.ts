import { describe, expect, test } from "vitest";
import { freshIntents, names, parseIntent, used } from "../../src/engine/intents.ts";
import type { Observed } from "../../src/engine/types.ts";

function observed(own: Record<string, string>, target: Record<string, string> = {}, intents = {}): Observed {
  const rollout = { metadata: { annotations: own }, status: { intents } };
  return { rollout, deployment: { metadata: { annotations: target } } } as unknown as Observed;
}

describe("intents", () => {
  test.each([
    ["7d9fabcdef", "7d9fabcdef", false],
    ["7d9fabcdef#2026-11-25T10:00:00Z", "7d9fabcdef", false],
    ["7d9fabcdef/full#now", "7d9fabcdef", true],
  ])("%s names a revision", (value, revision, full) => {
    expect(parseIntent("promote", value)).toMatchObject({ revision, full, value });
  });

  test("a prefix of four characters names a revision, one of three does not", () => {
    expect(names(parseIntent("abort", "7d9f"), "7d9fabcdef")).toBe(true);
    expect(names(parseIntent("abort", "7d9"), "7d9fabcdef")).toBe(false);
    expect(names(parseIntent("abort", "7d9g"), "7d9fabcdef")).toBe(false);
  });

  test("abort is looked at before promote and retry", () => {
    const o = observed({ "serin.dev/retry": "aaaa", "serin.dev/promote": "aaaa", "serin.dev/abort": "aaaa" });
    expect(freshIntents(o).map(({ kind }) => kind)).toEqual(["abort", "promote", "retry"]);
  });

  test("a value acts once, also where the rollout and its target carry different ones", () => {
    const o = observed({ "serin.dev/promote": "aaaa#1" }, { "serin.dev/promote": "aaaa#2" });
    const status = used({}, freshIntents(o));
    expect(status.intents).toEqual({ promote: ["aaaa#1", "aaaa#2"] });
    expect(freshIntents(observed({ "serin.dev/promote": "aaaa#1" }, { "serin.dev/promote": "aaaa#2" }, status.intents))).toEqual([]);
  });
});
