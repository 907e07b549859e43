/** The stand-in under the traffic of the captures: the same families, labels and values, and numbers that equal the truth. */
import { describe, expect, test } from "vitest";
import { fixture, route } from "../../sim/mesh/lab.ts";
import { type Answer, IPS, type Lab, openWeb } from "./lab.ts";

const SERVER_FAMILIES = [
  "inbound_http_authz_allow_total",
  "request_total",
  "response_latency_ms",
  "response_total",
  "inbound_http_requests",
  "inbound_http_statuses",
  "process_start_time_seconds",
];
const CLIENT_FAMILIES = [
  "inbound_http_authz_allow_total",
  "request_total",
  "response_latency_ms",
  "response_total",
  "outbound_http_route_request_duration_seconds",
  "outbound_http_route_backend_requests",
  "outbound_http_route_backend_response_duration_seconds",
  "outbound_http_route_backend_response_statuses",
  "outbound_http_route_request_statuses",
  "outbound_http_balancer_endpoints",
  "outbound_http_balancer_queue_gate_open",
  "outbound_http_balancer_queue_gate_shut",
  "process_start_time_seconds",
];

interface Family {
  readonly head: readonly string[];
  /** Without values, sorted. */
  readonly series: readonly string[];
  readonly names: readonly string[];
}

/** The chosen families in the order of the text. */
function familiesOf(text: string, wanted: readonly string[]): Map<string, Family> {
  const found = new Map<string, { head: string[]; series: string[]; names: string[] }>();
  let family: { head: string[]; series: string[]; names: string[] } | undefined;
  for (const line of text.split("\n").filter((line) => line !== "" && line !== "# EOF")) {
    const [, name] = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line) ?? [];
    if (name !== undefined) {
      family = found.get(name) ?? { head: [], series: [], names: [] };
      found.set(name, family);
      family.head.push(line);
    } else {
      const series = line.slice(0, line.lastIndexOf(" "));
      family?.series.push(series);
      family?.names.push(series.split("{")[0]!);
    }
  }
  const chosen = [...found].filter(([name]) => wanted.includes(name));
  return new Map(chosen.map(([name, { head, series, names }]) => [name, { head, series: series.toSorted(), names: dedupe(names) }]));
}

function dedupe(names: readonly string[]): string[] {
  return names.filter((name, index) => name !== names[index - 1]).slice(0, 6);
}

/** Sum of the samples whose line has all of these parts. */
function sum(text: string, ...parts: string[]): number {
  return text
    .split("\n")
    .filter((line) => parts.every((part) => line.includes(part)))
    .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
}

async function captured() {
  const lab = await openWeb({ stable: { FAIL_RATE: "0.05", STARTUP_MS: "500" }, canary: { FAIL_RATE: "0.2", STARTUP_MS: "500" } });
  const ips = Object.values(IPS);
  // Before the application listens its proxy answers a probe with 502, and counts it.
  const early: Record<string, number> = {};
  for (const ip of ips) early[ip] = Number((await lab.pod(ip, 8080, "/ready")).status === 502);
  for (const ip of ips) {
    for (let status = 0; status !== 200; ) {
      ({ status } = await lab.pod(ip, 8080, "/ready"));
      early[ip] = (early[ip] ?? 0) + Number(status === 502);
    }
  }
  for (const ip of ips) for (const path of ["/ready", "/live", "/metrics"]) await lab.pod(ip, 4191, path);
  for (const path of ["/ready", "/live", "/metrics"]) await lab.clientMetrics(path);
  lab.putRoute(route(70, 30));
  const answers = await traffic(lab, 600);
  return { lab, answers, early };
}

async function traffic(lab: Lab, requests: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, worker) => {
      for (let i = worker; i < requests; i += 20) answers.push(await lab.call(i % 21 === 0 ? "POST" : "GET"));
    }),
  );
  return answers;
}

describe("the captured topology", () => {
  test("a pod's proxy serves what a real one served, and the numbers are the truth", async () => {
    const { lab, answers, early } = await captured();
    for (const [name, ip, pod] of [
      ["stable-0", IPS.stable0, lab.stable[0]],
      ["stable-1", IPS.stable1, lab.stable[1]],
      ["canary-0", IPS.canary0, lab.canary[0]],
    ] as const) {
      const { text } = await lab.pod(ip, 4191, "/metrics");
      expect(familiesOf(text, SERVER_FAMILIES)).toEqual(familiesOf(fixture(`${name}.after.prom`), SERVER_FAMILIES));
      const own = answers.filter((answer) => answer.pod === pod!.metadata.name);
      const users = ['target_port="8080"', 'route_name="default"', 'tls="true"'];
      for (const status of ["200", "500"]) {
        const truth = own.filter((answer) => String(answer.status) === status).length;
        expect(truth).toBeGreaterThan(0);
        expect(sum(text, "response_total{", `status_code="${status}"`, ...users)).toBe(truth);
        expect(sum(text, "response_latency_ms_bucket{", 'le="+Inf"', `status_code="${status}"`, ...users)).toBe(truth);
      }
      expect(sum(text, "request_total{", 'direction="inbound"', ...users)).toBe(own.length);
      expect(sum(text, "response_total{", 'route_name="probe"', 'target_port="8080"', 'status_code="502"')).toBe(early[ip]);
      // The scrape that is under way has been asked for and not yet answered.
      expect(sum(text, "request_total{", 'target_port="4191"', 'route_name="default"')).toBe(2);
      expect(sum(text, "response_total{", 'target_port="4191"', 'route_name="default"')).toBe(1);
    }
  });

  test("a client's proxy serves what a real one served, and the numbers are the truth", async () => {
    const { lab, answers } = await captured();
    const text = await lab.clientMetrics();
    expect(familiesOf(text, CLIENT_FAMILIES)).toEqual(familiesOf(fixture("client.after.prom"), CLIENT_FAMILIES));
    for (const backend of ["web-stable", "web-canary"]) {
      const own = answers.filter(({ version }) => version === backend);
      const label = `backend_name="${backend}"`;
      expect(sum(text, "outbound_http_route_backend_requests_total{", label)).toBe(own.length);
      for (const status of [200, 500]) {
        const truth = own.filter((answer) => answer.status === status).length;
        expect(sum(text, "outbound_http_route_backend_response_statuses_total{", label, `http_status="${status}"`)).toBe(truth);
      }
    }
    for (const pod of [...lab.stable, ...lab.canary]) {
      const own = answers.filter((answer) => answer.pod === pod.metadata.name);
      expect(sum(text, "response_total{", 'direction="outbound"', `dst_pod="${pod.metadata.name}"`)).toBe(own.length);
    }
    expect(sum(text, "outbound_http_balancer_endpoints{", 'endpoint_state="ready"', 'backend_name="web-stable"')).toBe(2);
  });
});
