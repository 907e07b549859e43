/** Prometheus metrics of the controller itself. The series of a rollout go with it. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Queue } from "../cluster/queue.ts";
import type { RequestRecord } from "../cluster/transport.ts";
import { createRolloutGauges, type RolloutGauges } from "./rollout-gauges.ts";

export interface Telemetry extends RolloutGauges {
  readonly registry: Registry;
  onRequest(record: RequestRecord): void;
  onQuery(record: { readonly seconds: number; readonly ok: boolean }): void;
  onScrape(record: { readonly seconds: number; readonly ok: boolean }): void;
  reconciled(seconds: number, ok: boolean): void;
}

export interface TelemetrySources {
  readonly queue: () => Pick<Queue, "depth" | "lagMs" | "running">;
  readonly leads: () => boolean;
  /** Age in seconds of the last word of each watch. */
  readonly watchAges: () => readonly { readonly resource: string; readonly seconds: number }[];
}

export function createTelemetry(sources: TelemetrySources): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  processGauges(registry, sources);
  const rollout = createRolloutGauges(registry);
  const outgoing = outgoingMetrics(registry);
  const reconciles = new Histogram({
    name: "serin_reconcile_seconds",
    help: "Duration of reconciles by result",
    labelNames: ["ok"],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return {
    registry,
    ...outgoing,
    ...rollout,
    reconciled: (seconds, ok) => reconciles.observe({ ok: String(ok) }, seconds),
  };
}

function outgoingMetrics(registry: Registry): Pick<Telemetry, "onRequest" | "onQuery" | "onScrape"> {
  const registers = [registry];
  const requests = new Counter({
    name: "serin_api_requests_total",
    help: "Requests to the API server",
    labelNames: ["verb", "resource", "status"],
    registers,
  });
  const latency = new Histogram({
    name: "serin_api_request_seconds",
    help: "Time to the answer's headers",
    labelNames: ["verb"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const queries = new Histogram({
    name: "serin_metrics_query_seconds",
    help: "Queries to Prometheus and scrapes of proxies, by outcome",
    labelNames: ["source", "ok"],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  return {
    onRequest({ verb, resource, status, seconds }) {
      requests.inc({ verb, resource, status });
      latency.observe({ verb }, seconds);
    },
    onQuery: ({ seconds, ok }) => queries.observe({ source: "Prometheus", ok: String(ok) }, seconds),
    onScrape: ({ seconds, ok }) => queries.observe({ source: "Proxies", ok: String(ok) }, seconds),
  };
}

function processGauges(registry: Registry, { queue, leads, watchAges }: TelemetrySources): void {
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();
  gauge(registry, "serin_queue_depth", "Rollouts that wait for a worker", () => queue().depth);
  gauge(registry, "serin_queue_lag_seconds", "How long the oldest of them has waited", () => queue().lagMs / 1000);
  gauge(registry, "serin_leader", "1 while this process holds the lease", () => Number(leads()));
  gauge(registry, "serin_event_loop_lag_seconds", "Longest delay of the event loop since the last scrape", () => {
    const seconds = loop.max / 1e9;
    loop.reset();
    return seconds;
  });
  new Gauge({
    name: "serin_watch_age_seconds",
    help: "Time since the last word of a watch",
    labelNames: ["resource"],
    registers: [registry],
    collect() {
      for (const { resource, seconds } of watchAges()) {
        this.set({ resource }, seconds);
      }
    },
  });
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
