/** A Prometheus of its own for a test: started on a free port, ended with the test, its data in a temporary folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { onTestFinished, vi } from "vitest";

export interface ScrapeTarget {
  /** Host and port. */
  readonly address: string;
  readonly path: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** By job. Resolves with its address when it is ready. */
export function startPrometheus(jobs: Readonly<Record<string, readonly ScrapeTarget[]>>): Promise<string> {
  return startPrometheusWith(Object.entries(jobs).map(scrapeConfig));
}

export async function startPrometheusWith(scrapeConfigs: readonly object[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "serin-prometheus-"));
  const config = join(folder, "prometheus.json");
  // YAML holds JSON.
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: "1s", scrape_timeout: "1s" }, scrape_configs: scrapeConfigs }));
  const port = await freePort();
  const child = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${log}`);
      const { statusCode, body } = await request(`${url}/-/ready`);
      await body.dump();
      if (statusCode !== 200) throw new Error(`prometheus is not ready: ${statusCode}`);
    },
    { timeout: 60_000, interval: 100 },
  );
  return url;
}

function scrapeConfig([job, targets]: [string, readonly ScrapeTarget[]]) {
  return {
    job_name: job,
    static_configs: targets.map(({ address, path, labels }) => ({ targets: [address], labels: { ...labels, __metrics_path__: path } })),
  };
}

/** Free a moment ago: the system hands such ports out in turn. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
