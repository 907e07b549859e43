/** The figures as lines for people. */
import { arch, cpus, totalmem } from "node:os";
import type { IdleResult } from "./idle.ts";
import type { ReleasesResult } from "./releases.ts";
import type { Requests } from "./requests.ts";

export function machineLine(real: boolean): string {
  const [first] = cpus();
  const server = real ? "a real API server, counted from its audit log" : "the in-memory API server";
  return `${server}; ${cpus().length} x ${first?.model ?? arch()}, ${megabytes(totalmem())} MB, Node.js ${process.version}`;
}

export function idleLines({ rollouts, replicas, start, ...result }: IdleResult): string[] {
  const { seconds, requests } = result;
  const perHour = (count: number) => ((count * 3600) / seconds / rollouts).toFixed(2);
  return [
    "",
    `${rollouts} idle rollouts of ${replicas} pods`,
    `  adopted in ${result.adoptSeconds.toFixed(1)} s, ${(result.adoptWrites / rollouts).toFixed(1)} writes each`,
    `  idle for ${seconds} s: ${requests.writes} writes, ${requests.reads} reads, ${requests.watches} watches begun, ${requests.lease} for the lease`,
    `  that is ${perHour(requests.writes + requests.reads)} requests per rollout and hour; CPU ${result.cpuPercent.toFixed(1)} %, memory ${megabytes(result.memory)} MB`,
    `  started anew: knows everything after ${start.warmSeconds.toFixed(1)} s (${start.reads} reads), has looked at all ${start.lookSeconds.toFixed(1)} s after it has the lease, ${start.writes} writes, memory ${megabytes(start.memory)} MB`,
    ...most(requests),
  ];
}

export function releaseLines({ releases, bad, replicas, requests, cutMs, ...result }: ReleasesResult): string[] {
  const each = (count: number) => (count / releases).toFixed(1);
  return [
    "",
    `${releases} releases of ${replicas} pods at once, ${bad} of them bad, in ${result.seconds.toFixed(0)} s: ${result.promoted} promoted, ${result.rolledBack} rolled back`,
    `  per release: ${each(requests.writes)} API writes, ${each(requests.reads)} reads, ${each(requests.watches)} watches, ${each(result.podsStarted)} pods started`,
    `  metrics queries: ${each(result.queries)} per release, ${((result.queries * result.intervalSeconds) / result.seconds).toFixed(1)} every ${result.intervalSeconds} s`,
    `  bad sample to weight 0: p50 ${percentile(cutMs, 0.5)} ms, p99 ${percentile(cutMs, 0.99)} ms, worst ${percentile(cutMs, 1)} ms (${cutMs.length})`,
    `  at worst: queue ${result.queueLagSeconds.toFixed(1)} s behind, event loop ${result.loopLagSeconds.toFixed(2)} s, memory ${megabytes(result.memory)} MB; CPU ${result.cpuSeconds.toFixed(1)} s`,
    ...most(requests),
  ];
}

const SHOWN = 12;

function most({ by }: Requests): string[] {
  const shown = Object.entries(by)
    .slice(0, SHOWN)
    .map(([name, count]) => `${count} ${name}`);
  return shown.length === 0 ? [] : [`  ${shown.join(", ")}`];
}

/** Of values in order. */
function percentile(values: readonly number[], share: number): string {
  const value = values[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)];
  return value === undefined ? "-" : value.toFixed(0);
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
