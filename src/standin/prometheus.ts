/** A real Prometheus, from PATH, on a port of its own: for the demo and for tests. It can be stopped and started again. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import type { Clock } from "../domain/clock.ts";
import { LOOPBACK } from "./forward-proxy/listen.ts";
import { freePorts } from "./free-port.ts";
import { type Program, startProgram } from "./program.ts";

export interface Prometheus {
  readonly url: string;
  /** Instant and range queries that it has answered since it was started. */
  queries(): Promise<number>;
  /** Kills it. */
  stop(): Promise<void>;
  /** Again, on the same port, with what it had stored. Resolves when it is ready. */
  start(): Promise<void>;
}

export interface PrometheusOptions {
  /** Of its own. Whoever made it takes it away. */
  readonly folder: string;
  /** In the form of its configuration file. */
  readonly scrapeConfigs: readonly object[];
  readonly clock: Clock;
  readonly started?: (program: Program) => void;
}

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
const SCRAPE_INTERVAL = "1s";

export async function startPrometheus({ folder, scrapeConfigs, clock, started = () => {} }: PrometheusOptions): Promise<Prometheus> {
  const [port = 0] = await freePorts(1);
  const url = `http://${LOOPBACK}:${port}`;
  const config = join(folder, "prometheus.json");
  await mkdir(folder, { recursive: true });
  // YAML holds JSON.
  const global = { scrape_interval: SCRAPE_INTERVAL, scrape_timeout: SCRAPE_INTERVAL };
  await writeFile(config, JSON.stringify({ global, scrape_configs: scrapeConfigs }));
  const flags = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${LOOPBACK}:${port}`,
    "--log.level=warn",
  ];
  let program: Program | undefined;

  async function start(): Promise<void> {
    program = startProgram("prometheus", flags, join(folder, "prometheus.log"));
    started(program);
    await Promise.race([ready(url, clock), program.failed]);
  }

  await start();
  return { url, queries: () => queriesAt(url), stop: async () => program?.end("SIGKILL"), start };
}

async function ready(url: string, clock: Clock): Promise<void> {
  const until = clock.monotonic() + READY_WITHIN_MS;
  while ((await textAt(`${url}/-/ready`)) === undefined) {
    if (clock.monotonic() > until) throw new Error(`Prometheus was not ready within ${READY_WITHIN_MS / 1000} s`);
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** By its own count of requests. */
async function queriesAt(url: string): Promise<number> {
  const text = (await textAt(`${url}/metrics`)) ?? "";
  const counted = text.matchAll(/^prometheus_http_requests_total\{.*handler="\/api\/v1\/query(?:_range)?".*\} (\S+)$/gm);
  return [...counted].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** undefined where it does not answer, or not with success. */
async function textAt(url: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await request(url);
    const text = await body.text();
    return statusCode === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}
