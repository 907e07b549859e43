/**
 * The mesh proxies themselves, asked directly: exact counters without a lag, and no history.
 *
 * HTTP_PROXY and NO_PROXY hold as for any client. Addresses are reused: an answer counts only where its pod still is, with
 * that address, what was asked. All readings of one poll carry the time of the poll.
 */
import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import type { Preset } from "./presets/preset.ts";
import { familiesOf, startFamily } from "./series.ts";
import type { ExchangeHook, Failure, PodAnswer, PollOrder, Source, Target } from "./source.ts";
import { readText } from "./text.ts";
import { inTurns } from "./turns.ts";

export interface ProxiesOptions {
  readonly onScrape?: ExchangeHook;
}

const AT_ONCE = 16;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_TIMEOUT_MS = 5_000;
/** Of the interval: pods that do not answer must leave time for the others. */
const TIMEOUT_SHARE = 0.35;
const KEPT_ALIVE_MS = 60_000;

export function createProxiesSource({ onScrape }: ProxiesOptions = {}): Source {
  const agent = new EnvHttpProxyAgent({ connections: 2, keepAliveTimeout: KEPT_ALIVE_MS, connectTimeout: MAX_TIMEOUT_MS });

  async function ask(order: PollOrder, target: Target, signal: AbortSignal): Promise<PodAnswer> {
    const started = performance.now();
    const answer = await scrape(order, target, agent, signal);
    onScrape?.({ seconds: (performance.now() - started) / 1000, ok: answer.ok });
    return answer;
  }

  return {
    keepsHistory: false,
    async poll(order, tell, signal) {
      await inTurns(order.targets, AT_ONCE, async (target) => {
        const answer = await ask(order, target, signal);
        const pods = new Map<string, PodAnswer>(order.isCurrent(target) ? [[target.pod.uid, answer]] : []);
        tell({ targets: [target], answer: { ok: true, pods } });
      });
    },
    close: () => agent.destroy(),
  };
}

async function scrape(order: PollOrder, { pod, views }: Target, dispatcher: Dispatcher, signal: AbortSignal): Promise<PodAnswer> {
  const { preset, intervalMs, now } = order;
  const timeout = AbortSignal.timeout(Math.min(MAX_TIMEOUT_MS, intervalMs * TIMEOUT_SHARE));
  try {
    const { statusCode, body } = await request(addressOf(pod, preset), { dispatcher, signal: AbortSignal.any([signal, timeout]) });
    if (statusCode !== 200) {
      await body.dump();
      return refused(statusCode, preset);
    }
    const text = await bounded(body);
    return text === undefined ? badAnswer("the answer is larger than any proxy's") : read(text, preset, views, now);
  } catch (error) {
    return unreachable(error, preset);
  }
}

function addressOf({ ip, ports }: Target["pod"], { admin }: Preset): string {
  return `http://${ip.includes(":") ? `[${ip}]` : ip}:${ports[admin.portName] ?? admin.port}${admin.path}`;
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function read(text: string, preset: Preset, views: Target["views"], at: number): PodAnswer {
  const families = [startFamily(preset), ...[...views].flatMap((view) => familiesOf(preset, view))];
  const result = readText(text, families, preset.admin.lastLine);
  if (!result.ok) return badAnswer(result.message);
  const { series, missing } = result;
  if (missing !== undefined) {
    const message = `${missing.family} has no label ${missing.label} at the proxies: is ${preset.name} the right preset for this mesh?`;
    return { ok: false, reason: "LabelsMissing", message };
  }
  if (series.length === 0) {
    const message = `what answers at the proxies' port ${preset.admin.portName} knows none of the metrics of ${preset.name}`;
    return { ok: false, reason: "NoSeries", message };
  }
  return { ok: true, readings: [{ at, series }], duplicated: false };
}

function badAnswer(message: string): Failure {
  return { ok: false, reason: "BadAnswer", message };
}

function refused(status: number, { admin, name }: Preset): Failure {
  if (status === 401 || status === 403) {
    return { ok: false, reason: "Forbidden", message: `the proxies refuse Serin (${status}): ${admin.whenForbidden}` };
  }
  if (status >= 500) {
    return { ok: false, reason: "Unreachable", message: `the proxies answer ${status} on port ${admin.portName}: are the pods up?` };
  }
  return badAnswer(`the proxies answer ${status} at ${admin.path}: is ${name} the right preset for this mesh?`);
}

function unreachable(error: unknown, { admin }: Preset): Failure {
  const code = (error as { code?: unknown } | null)?.code;
  const said = typeof code === "string" ? ` (${code})` : "";
  const message = `no answer on the proxies' port ${admin.portName}${said}: are the pods meshed, and does a NetworkPolicy let Serin in?`;
  return { ok: false, reason: "Unreachable", message };
}
