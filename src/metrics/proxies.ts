/**
 * The mesh proxies of both versions, asked directly: exact counters without a lag, and no history. HTTP_PROXY and NO_PROXY
 * are honoured, as by any client. Addresses are reused: an answer counts only if its pod is still the one that was asked.
 */
import { EnvHttpProxyAgent, request } from "undici";
import type { Preset } from "./presets/preset.ts";
import { familiesOf, startFamily } from "./series.ts";
import type { ExchangeHook, Failure, PodAnswer, PollOrder, Source, Target } from "./source.ts";
import { BadText, readText } from "./text.ts";

export interface ProxiesOptions {
  readonly onScrape?: ExchangeHook;
}

const CONCURRENCY = 32;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_TIMEOUT_MS = 5_000;

export function createProxiesSource({ onScrape }: ProxiesOptions = {}): Source {
  const agent = new EnvHttpProxyAgent({ connections: 4, pipelining: 1 });

  async function ask(order: PollOrder, target: Target, signal: AbortSignal): Promise<PodAnswer> {
    const started = performance.now();
    const answer = await scrape(order, target, signal, agent);
    onScrape?.({ seconds: (performance.now() - started) / 1000, ok: answer.ok });
    return answer;
  }

  return {
    keepsHistory: false,
    async poll(order, signal) {
      const pods = new Map<string, PodAnswer>();
      const waiting = [...order.targets];
      const worker = async () => {
        for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
          const answer = await ask(order, target, signal);
          if (order.isCurrent(target)) {
            pods.set(target.pod.uid, answer);
          }
        }
      };
      await Promise.all(Array.from({ length: Math.min(CONCURRENCY, order.targets.length) }, worker));
      signal.throwIfAborted();
      return { ok: true, pods };
    },
    close: () => agent.close(),
  };
}

async function scrape(order: PollOrder, { pod, views }: Target, signal: AbortSignal, dispatcher: EnvHttpProxyAgent): Promise<PodAnswer> {
  const { preset } = order;
  const host = pod.ip.includes(":") ? `[${pod.ip}]` : pod.ip;
  const url = `http://${host}:${pod.ports[preset.admin.portName] ?? preset.admin.port}${preset.admin.path}`;
  const timeout = AbortSignal.timeout(Math.min(MAX_TIMEOUT_MS, Math.max(500, order.intervalMs * 0.9)));
  try {
    const answer = await request(url, { dispatcher, signal: AbortSignal.any([signal, timeout]), maxRedirections: 0 } as Parameters<
      typeof request
    >[1]);
    const text = await bounded(answer.body);
    if (answer.statusCode !== 200) {
      return refused(answer.statusCode, preset);
    }
    return answerOf(
      text,
      [...views].flatMap((view) => familiesOf(preset, view)),
      preset,
    );
  } catch (error) {
    return unreadable(error, preset);
  }
}

function answerOf(text: string, families: ReturnType<typeof familiesOf>, preset: Preset): PodAnswer {
  const { lastLine } = preset.admin;
  if (lastLine !== undefined && !text.trimEnd().endsWith(lastLine)) {
    throw new BadText(`the answer does not end with ${lastLine}`);
  }
  const { series, missing } = readText(text, [...families, startFamily(preset)]);
  if (missing !== undefined) {
    return {
      ok: false,
      reason: "LabelsMissing",
      message: `the proxies' metrics have no label ${missing}: is preset ${preset.name} right for this mesh?`,
    };
  }
  if (series.length === 0) {
    return { ok: false, reason: "NoSeries", message: `the answer holds no metrics of ${preset.name}: is the pod in the mesh?` };
  }
  return { ok: true, readings: [{ at: Date.now(), series }], duplicated: false };
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new BadText("the answer is larger than 16 MiB");
    }
  }
  return Buffer.concat(chunks).toString("utf8");
}

function refused(status: number, { admin, name }: Preset): Failure {
  if (status === 401 || status === 403) {
    return { ok: false, reason: "Forbidden", message: `the proxies refuse (${status}): ${admin.whenForbidden}` };
  }
  return {
    ok: false,
    reason: status >= 500 ? "Unreachable" : "BadAnswer",
    message: `the proxies answer ${status} at ${admin.path}: is ${name} right?`,
  };
}

function unreadable(error: unknown, { admin }: Preset): Failure {
  if (error instanceof BadText) {
    return { ok: false, reason: "BadAnswer", message: error.message };
  }
  return {
    ok: false,
    reason: "Unreachable",
    message: `no answer from the proxies' port ${admin.port} (${admin.portName}): is the pod in the mesh, does a NetworkPolicy let Serin in?`,
  };
}
