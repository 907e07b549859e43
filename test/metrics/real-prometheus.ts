/** A Prometheus of its own for a test, ended with it, its data in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock as clock } from "../../src/domain/clock.ts";
import { startPrometheus as start } from "../../src/standin/prometheus.ts";

export interface ScrapeTarget {
  /** Host and port. */
  readonly address: string;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** By job. Resolves with its address when it is ready. */
export async function startPrometheus(jobs: Readonly<Record<string, readonly ScrapeTarget[]>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "serin-prometheus-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const prometheus = await start({ folder, scrapeConfigs: Object.entries(jobs).map(scrapeConfig), clock });
  onTestFinished(() => prometheus.stop());
  return prometheus.url;
}

function scrapeConfig([job, targets]: [string, readonly ScrapeTarget[]]) {
  return {
    job_name: job,
    static_configs: targets.map(({ address, path, labels }) => ({ targets: [address], labels: { ...labels, __metrics_path__: path } })),
  };
}
