/**
 * What every preset must hold, run for each in the registry: its data alone must be enough for both sources, so a proxy's
 * text and a Prometheus' series are made here from nothing but the preset.
 */
import { describe, expect, it } from "vitest";
import { neededLabels } from "../../src/metrics/condition.ts";
import { meaningsOf } from "../../src/metrics/meaning.ts";
import type { Condition, FamilySpec, Preset } from "../../src/metrics/presets/preset.ts";
import { rangeSelector } from "../../src/metrics/promql.ts";
import { familiesOf, startFamily } from "../../src/metrics/series.ts";
import { NEW_SESSION, pollSession } from "../../src/metrics/session.ts";
import type { PodAnswer } from "../../src/metrics/source.ts";
import { readText } from "../../src/metrics/text.ts";
import { labRequest, T0 } from "./lab.ts";

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function presetContract(preset: Preset): void {
  const kinds = Object.keys(preset.backends);
  const families = [startFamily(preset), ...familiesOf(preset, "server"), ...familiesOf(preset, "client")];

  describe(`the contract of presets: ${preset.name}`, () => {
    it("is plain data: nothing is lost as JSON", () => {
      expect(JSON.parse(JSON.stringify(preset))).toEqual(preset);
    });

    it("names families and labels as Prometheus allows", () => {
      expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
      for (const family of families) {
        expect(family.name).toMatch(NAME);
        for (const label of [...neededLabels(family), ...family.select.map((condition) => condition.label)]) expect(label).toMatch(LABEL);
      }
      expect(preset.latency.needs).toContain("le");
      expect(preset.latency.name).toMatch(/_bucket$/);
    });

    it("strips no label that it reads: it is the proxy's own", () => {
      const read = families.flatMap((family) => [...neededLabels(family), ...family.select.map((condition) => condition.label)]);
      expect(preset.prometheus.scrapeLabels.filter((label) => read.includes(label))).toEqual([]);
    });

    it("needs what its port and backends are read by", () => {
      for (const { portLabel, needs } of [preset.requests, preset.latency]) {
        if (portLabel !== undefined) expect(needs).toContain(portLabel);
      }
      for (const { requests, responses, backendName, backendNamespace } of Object.values(preset.backends)) {
        for (const { needs } of [requests, responses]) expect(needs).toEqual(expect.arrayContaining([backendName, backendNamespace]));
      }
    });

    it("says what to do about a refusal, in stable words", () => {
      for (const text of [preset.admin.whenForbidden, preset.prometheus.whenForbidden]) {
        expect(text.length).toBeGreaterThan(20);
        expect(text).not.toMatch(/\.$/);
      }
    });

    it("asks Prometheus for each family by its own selectors", () => {
      for (const family of families) {
        const query = rangeSelector(family, preset, { namespaces: ["lab"], pods: ["web"] }, 90);
        expect(query.startsWith(`${family.name}{`)).toBe(true);
        for (const { label } of family.select) expect(query).toContain(label);
      }
    });

    it("counts requests, failures and latency of the port, and nothing else", () => {
      const scrape = measured(preset, kinds[0]);
      const clientOnly = Math.min(1, kinds.length);
      expect(scrape.canary).toMatchObject({ requests: 12, failures: 5, meshed: 8 - clientOnly, clientOnly });
      expect(scrape.canary.latency).toEqual({ le: [1 * preset.latency.unitMs, 2 * preset.latency.unitMs], counts: [3, 6], total: 7 });
    });

    it("tells client errors from failures and from what is fine", () => {
      const { requests } = preset;
      const meaning = meaningsOf(preset, labRequest());
      const of = (labels: Record<string, string>) => {
        const port = requests.portLabel === undefined ? {} : { [requests.portLabel]: String(labRequest().targetPort) };
        const known = Object.fromEntries(requests.needs.map((label) => [label, ""]));
        return meaning({ name: requests.name, identity: "", labels: { ...known, ...port, ...labels }, value: 1 });
      };
      const fine = { ...avoiding(requests.failed), ...avoiding(requests.clientErrors) };
      expect(of(fine)).toMatchObject({ failed: false, refused: false });
      for (const condition of requests.clientErrors) {
        expect(of({ ...fine, ...matching([condition]) })).toMatchObject({ failed: false, refused: true });
        for (const failed of requests.failed) {
          expect(of({ ...fine, ...matching([condition]), ...matching([failed]) })).toMatchObject({ failed: true, refused: false });
        }
      }
    });

    it.each(kinds)("tells good from failed answers of backends, for %s", (kind) => {
      const { responses, requests } = preset.backends[kind]!;
      const meaning = meaningsOf(preset, labRequest({ route: { kind, name: "web" } }));
      const of = (family: FamilySpec, labels: Record<string, string>) => meaning({ name: family.name, identity: "", labels, value: 1 });
      const backend = backendLabels(preset, kind, "web-canary");
      expect(of(requests, backend)).toEqual({ kind: "backend", side: "canary", counts: "requests" });
      for (const condition of responses.failed) {
        const failed = { ...backend, ...avoiding(responses.failed), ...matching([condition]) };
        expect(of(responses, failed)).toEqual({ kind: "backend", side: "canary", counts: "failures" });
      }
      expect(of(responses, { ...backend, ...avoiding(responses.failed) })).toBeUndefined();
    });
  });
}

/** Labels for which all hold. */
function matching(conditions: readonly Condition[]): Record<string, string> {
  return Object.fromEntries(conditions.map((condition) => [condition.label, holding(condition)]));
}

/** Labels for which none holds. */
function avoiding(conditions: readonly Condition[]): Record<string, string> {
  return Object.fromEntries(
    conditions.map((condition) => [condition.label, "noneOf" in condition ? (condition.noneOf[0] ?? "") : "something-else"]),
  );
}

function holding(condition: Condition): string {
  if ("oneOf" in condition) return condition.oneOf[0] ?? "";
  return "between" in condition ? String(condition.between[0]) : "something-else";
}

function backendLabels(preset: Preset, kind: string, name: string): Record<string, string> {
  const { backendName, backendNamespace } = preset.backends[kind]!;
  return { [backendName]: name, [backendNamespace]: "lab" };
}

type Line = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];

/** 7 good answers, 4 of them from outside the mesh, 5 failures; 1 more that only the client saw; and what must not count. */
function linesOf(preset: Preset, kind: string | undefined): Line[] {
  const { requests, latency } = preset;
  const own = (family: Preset["requests"] | Preset["latency"]) => ({
    ...Object.fromEntries(family.needs.map((label) => [label, "something"])),
    ...matching(family.select),
    ...avoiding(family.failed),
    ...(family.portLabel === undefined ? {} : { [family.portLabel]: "8080" }),
  });
  const meshed = matching([requests.meshed]);
  const plain = avoiding([requests.meshed]);
  const buckets = (labels: Record<string, string>, times: number): Line[] =>
    (["1", "2", "+Inf"] as const).map((le, index) => [latency.name, { ...own(latency), ...labels, le }, [3, 6, 7][index]! * times]);
  const others: Line[] =
    requests.portLabel === undefined ? [] : [[requests.name, { ...own(requests), [requests.portLabel]: "4191" }, 1_000]];
  return [
    [requests.name, { ...own(requests), ...meshed }, 3],
    [requests.name, { ...own(requests), ...plain }, 4],
    [requests.name, { ...own(requests), ...meshed, ...matching(requests.failed.slice(0, 1)) }, 5 - Number(kind !== undefined)],
    ...buckets({}, 1),
    ...buckets(matching(latency.failed.slice(0, 1)), 100),
    ...requests.select.map(
      ({ label }): Line => [requests.name, { ...own(requests), ...avoiding(requests.select.filter((one) => one.label === label)) }, 1_000],
    ),
    ...others,
  ];
}

function clientLines(preset: Preset, kind: string): Line[] {
  const { requests, responses } = preset.backends[kind]!;
  const labels = (family: FamilySpec) => ({ ...matching(family.select), ...backendLabels(preset, kind, "web-canary") });
  return [
    [requests.name, labels(requests), 12],
    [responses.name, { ...labels(responses), ...avoiding(responses.failed) }, 7],
    [responses.name, { ...labels(responses), ...avoiding(responses.failed), ...matching(responses.failed.slice(0, 1)) }, 5],
  ];
}

function measured(preset: Preset, kind: string | undefined) {
  const start: Line = [preset.processStart, {}, T0 / 1000 - 60];
  const request = labRequest({ preset: preset.name, route: { kind: kind ?? "HTTPRoute", name: "web" } });
  const [client, canary] = [request.clients[0]!.uid, request.canary[0]!.uid];
  const poll = (lines: Readonly<Record<string, readonly Line[]>>, at: number) =>
    new Map(
      [...request.stable, ...request.canary, ...request.clients].map(({ uid }) => [
        uid,
        answerOf(preset, [start, ...(lines[uid] ?? [])], at),
      ]),
    );
  const base = pollSession(NEW_SESSION, { preset, request, answers: poll({}, T0), openAt: T0 });
  const lines = { [canary]: linesOf(preset, kind), ...(kind === undefined ? {} : { [client]: clientLines(preset, kind) }) };
  const output = pollSession(base.state, { preset, request, answers: poll(lines, T0 + 10_000), openAt: T0 });
  return output.scrapes[0]!;
}

function answerOf(preset: Preset, lines: readonly Line[], at: number): PodAnswer {
  const text = lines.map(
    ([name, labels, value]) => `${name}{${Object.entries(labels).map(([label, one]) => `${label}="${one}"`)}} ${value}\n`,
  );
  const result = readText(
    `${text.join("")}${preset.admin.lastLine ?? ""}\n`,
    [startFamily(preset), ...familiesOf(preset, "server"), ...familiesOf(preset, "client")],
    preset.admin.lastLine,
  );
  if (!result.ok) throw new Error(result.message);
  return { ok: true, readings: [{ at, series: result.series }], duplicated: false };
}
