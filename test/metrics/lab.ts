/** The namespace `lab` of the captures, as a release asks for it: one canary pod, two stable ones, one client. */
import { readFileSync } from "node:fs";
import type { PodRef, SampleRequest } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { familiesOf, type Series, startFamily } from "../../src/metrics/series.ts";
import type { PodAnswer } from "../../src/metrics/source.ts";
import { readText } from "../../src/metrics/text.ts";

export type LabPod = "client" | "stable-0" | "stable-1" | "canary-0";

export const LAB_PODS: readonly LabPod[] = ["client", "stable-0", "stable-1", "canary-0"];

/** After the processes of the capture began. */
export const T0 = Date.UTC(2026, 10, 23, 12);

export interface Truth {
  readonly requests: number;
  readonly client_saw: Readonly<Record<string, number>>;
  readonly pods: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly app_latency_hist: Readonly<Record<string, { readonly le_ms: readonly number[]; readonly count_last_is_inf: readonly number[] }>>;
  readonly pod_names: Readonly<Record<LabPod, string>>;
  readonly pod_ips: Readonly<Record<LabPod, string>>;
}

export function captured(name: string): string {
  return readFileSync(new URL(`../fixtures/linkerd/${name}`, import.meta.url), "utf8");
}

export const TRUTH = JSON.parse(captured("truth.json")) as Truth;

export function labPod(pod: LabPod, changes: Partial<PodRef> = {}): PodRef {
  return {
    name: TRUTH.pod_names[pod],
    uid: `uid-${pod}`,
    ip: TRUTH.pod_ips[pod],
    startedAt: Date.UTC(2026, 10, 23, 3),
    restarts: 0,
    ports: { "linkerd-admin": 4191 },
    ...changes,
  };
}

export function labRequest(changes: Partial<SampleRequest> = {}): SampleRequest {
  return {
    namespace: "lab",
    preset: "Linkerd",
    source: "Proxies",
    intervalMs: 10_000,
    targetPort: 8080,
    route: { kind: "HTTPRoute", name: "web" },
    services: { apex: "web", stable: "web-stable", canary: "web-canary" },
    stable: [labPod("stable-0"), labPod("stable-1")],
    canary: [labPod("canary-0")],
    clients: [labPod("client")],
    ...changes,
  };
}

export function seriesIn(text: string): readonly Series[] {
  const families = [startFamily(linkerd), ...familiesOf(linkerd, "server"), ...familiesOf(linkerd, "client")];
  const result = readText(text, families, "# EOF");
  if (!result.ok) throw new Error(result.message);
  return result.series;
}

export function answered(at: number, text: string): PodAnswer {
  return { ok: true, readings: [{ at, series: seriesIn(text) }], duplicated: false };
}

/** All pods' captures of before or after the traffic. */
export function capturedAnswers(when: "before" | "after", at: number): Map<string, PodAnswer> {
  return new Map(LAB_PODS.map((pod) => [`uid-${pod}`, answered(at, captured(`${pod}.${when}.prom`))]));
}
