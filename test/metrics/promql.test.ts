/** Queries that say what they should, whatever the names in them hold. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { rangeSelector } from "../../src/metrics/promql.ts";

function query(pods: readonly string[], namespaces: readonly string[] = ["lab"]): string {
  return rangeSelector(linkerd.requests, linkerd, { namespaces, pods }, 100);
}

it("asks for raw samples of the pods, by the preset's selectors and labels", () => {
  expect(query(["web-1", "web-2"], ["lab", "prod"])).toBe(
    'response_total{direction=~"inbound",route_name!~"probe",namespace=~"lab|prod",pod=~"web-1|web-2"}[100s]',
  );
});

it("escapes what a regular expression and a string would take for their own", () => {
  expect(query(["a.b"])).toContain('pod=~"a\\\\.b"');
  expect(query(['x"}[1s]) or vector(1) #'])).toContain('pod=~"x\\"\\\\}\\\\[1s\\\\]\\\\) or vector\\\\(1\\\\) #"');
});

it("names match themselves and nothing else, and stay inside their quotes", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), fc.string(), (names, other) => {
      const [, quoted] = /,pod=~("(?:[^"\\\n]|\\.)*")\}\[100s\]$/.exec(query(names)) ?? [];
      expect(quoted).toBeDefined();
      const pattern = new RegExp(
        `^(?:${JSON.parse(quoted!.replaceAll(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`))})$`,
        "s",
      );
      for (const name of names) expect(pattern.test(name)).toBe(true);
      expect(pattern.test(other)).toBe(names.includes(other));
    }),
  );
});
