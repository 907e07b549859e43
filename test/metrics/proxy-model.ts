/** A pod's proxy as counters that only grow, and what a source would read of it. */
import type { PodRef } from "../../src/domain/samples.ts";
import { linkerd } from "../../src/metrics/presets/linkerd.ts";
import { type Labels, type Series, startFamily } from "../../src/metrics/series.ts";
import type { PodAnswer, Reading } from "../../src/metrics/source.ts";

export interface Traffic {
  readonly good: number;
  readonly failed: number;
  /** Of both, how many came from outside the mesh. */
  readonly plain?: number;
  /** Of the good ones, how many were answered with 404. */
  readonly refused?: number;
}

/** What one process of a proxy has counted. */
export interface Process {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  requests: number;
  failures: number;
}

export class ProxyModel {
  readonly uid: string;
  readonly startedAt: number;
  restarts = 0;
  ip: string;
  readyAt: number | undefined;
  process: Process;
  #counters = new Map<string, { name: string; labels: Labels; value: number }>();

  constructor(uid: string, startedAt: number, ip = "10.0.0.1") {
    this.uid = uid;
    this.startedAt = startedAt;
    this.ip = ip;
    this.process = { startedAt, requests: 0, failures: 0 };
  }

  get ref(): PodRef {
    const { uid, ip, startedAt, restarts, readyAt } = this;
    const ready = readyAt === undefined ? {} : { readyAt };
    return { name: `pod-${uid}`, uid, ip, startedAt, ...ready, restarts, ports: { "linkerd-admin": 4191 } };
  }

  serve({ good, failed, plain = 0, refused = 0 }: Traffic): void {
    this.process.requests += good + failed;
    this.process.failures += failed;
    const outside = Math.min(plain, good);
    this.#add(linkerd.requests.name, { classification: "success", status_code: "200", tls: "true" }, good - outside - refused);
    this.#add(linkerd.requests.name, { classification: "success", status_code: "404", tls: "true" }, refused);
    this.#add(linkerd.requests.name, { classification: "success", status_code: "200", tls: "no_identity" }, outside);
    this.#add(linkerd.requests.name, { classification: "failure", status_code: "500", tls: "true" }, failed);
    for (const le of ["10", "50", "+Inf"]) {
      this.#add(linkerd.latency.name, { status_code: "200", tls: "true", le }, le === "10" ? Math.floor(good / 2) : good);
      this.#add(linkerd.latency.name, { status_code: "500", tls: "true", le }, failed);
    }
  }

  /** As a client, of requests to one backend. */
  call(backend: string, { good, failed }: Traffic, error = ""): void {
    const { requests, responses } = linkerd.backends["HTTPRoute"]!;
    const to = { backend_name: backend, backend_namespace: "lab" };
    this.#add(requests.name, to, good + failed);
    this.#add(responses.name, { ...to, http_status: "200", error: "" }, good);
    this.#add(responses.name, { ...to, http_status: "504", error }, failed);
  }

  /** The container started over. */
  restart(at: number): void {
    this.restarts += 1;
    this.startOver(at);
  }

  /** The same without a word from the kubelet. */
  startOver(at: number): void {
    this.process = { startedAt: at, requests: 0, failures: 0 };
    this.#counters = new Map();
  }

  read(at: number): Reading {
    const start = {
      name: startFamily(linkerd).name,
      identity: startFamily(linkerd).name,
      labels: {},
      value: this.process.startedAt / 1000,
    };
    return { at, series: [start, ...[...this.#counters].map(([identity, counter]) => ({ identity, ...counter }))] };
  }

  #add(name: string, own: Labels, by: number): void {
    if (by === 0) return;
    const inbound = { direction: "inbound", target_port: "8080", route_name: "default" };
    const labels = name.startsWith("outbound") ? own : { ...inbound, ...own };
    const identity = `${name}${JSON.stringify(labels)}`;
    this.#counters.set(identity, { name, labels, value: (this.#counters.get(identity)?.value ?? 0) + by });
  }
}

export function answer(...readings: Reading[]): PodAnswer {
  return { ok: true, readings, duplicated: false };
}

/** A reading in which some counters have other values. */
export function changed(reading: Reading, change: (series: Series) => number): Reading {
  return { ...reading, series: reading.series.map((series) => ({ ...series, value: change(series) })) };
}
