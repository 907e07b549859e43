/**
 * An open-loop load generator: so many requests a second come due whatever becomes of the earlier ones, as users do.
 *
 * It only sends through a proxy on the loopback interface, and is bounded in number, in time and in requests under way.
 */
import { ProxyAgent } from "undici";
import type { Clock } from "../../domain/clock.ts";
import { LOOPBACK } from "../forward-proxy/listen.ts";
import { PROXY_ERROR_HEADER } from "../mesh/dispatch.ts";
import { createTally, type LoadTally } from "./tally.ts";

export interface LoadOptions {
  /** The client's proxy. */
  readonly proxy: string;
  /** A Service as the client calls it: `http://checkout.shop:8080/`. */
  readonly url: string;
  readonly perSecond: number;
  readonly maxRequests: number;
  readonly maxSeconds: number;
  readonly maxInFlight?: number;
  /** The response header that names the version. */
  readonly versionHeader: string;
  readonly clock: Clock;
}

export interface Load {
  tally(): LoadTally;
  /** Resolves when the last answer is in. */
  readonly done: Promise<void>;
  stop(): void;
}

const TICK_MS = 5;
const TIMEOUT_MS = 20_000;

export function startLoad(options: LoadOptions): Load {
  const { proxy, url, perSecond, maxRequests, maxSeconds, maxInFlight = 2000, versionHeader, clock } = options;
  if (new URL(proxy).hostname !== LOOPBACK) throw new Error(`the load generator only sends through ${LOOPBACK}, not ${proxy}`);
  const agent = new ProxyAgent({
    uri: proxy,
    proxyTunnel: false,
    connections: maxInFlight,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const { origin, pathname, search } = new URL(url);
  const tally = createTally();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const started = clock.monotonic();
  let sent = 0;
  let inFlight = 0;
  let stopped = false;

  async function send(): Promise<void> {
    inFlight += 1;
    try {
      const answer = await agent.request({ origin, path: `${pathname}${search}`, method: "GET" });
      await answer.body.dump();
      const header = (name: string) => [answer.headers[name]].flat()[0];
      const cause = answer.statusCode < 500 ? undefined : `${answer.statusCode} ${header(PROXY_ERROR_HEADER) ?? "of the application"}`;
      tally.count(clock.now(), header(versionHeader), cause);
    } catch (error) {
      tally.count(clock.now(), undefined, `no answer: ${error instanceof Error ? error.message : error}`);
    }
    inFlight -= 1;
    finishIfDone();
  }

  /** A tick after `stop` finds the load done already. */
  let closed = false;

  function tick(): void {
    const seconds = (clock.monotonic() - started) / 1000;
    if (seconds >= maxSeconds) stopped = true;
    const due = Math.min(maxRequests, Math.floor(seconds * perSecond));
    for (; sent < due && !stopped; sent += 1) {
      if (inFlight < maxInFlight) void send();
      else tally.skip();
    }
    if (sent >= maxRequests) stopped = true;
    if (!stopped) clock.schedule(TICK_MS, tick);
    finishIfDone();
  }

  function finishIfDone(): void {
    if (!stopped || inFlight > 0 || closed) return;
    closed = true;
    resolve(agent.close());
  }

  tick();
  return {
    tally: () => tally.read(clock.now()),
    done,
    stop() {
      stopped = true;
      finishIfDone();
    },
  };
}
