/** Process two: a node with its pods and their proxies, and the forward proxy into their network. */
import { systemClock } from "../../domain/clock.ts";
import { createAddressBook } from "../forward-proxy/address-book.ts";
import { startForwardProxy } from "../forward-proxy/server.ts";
import { createPodHost } from "../pods/host.ts";
import { startRuntimeServer } from "../pods/runtime-server.ts";
import { guardFolder, guardProcess } from "./sweep.ts";

export interface Forwarded {
  readonly scrapes: number;
  /** Requests to a Prometheus. There is none here, so any would be a mistake. */
  readonly metricQueries: number;
}

export function nodeRole() {
  let scrapes = 0;
  let metricQueries = 0;
  return {
    async start() {
      const book = createAddressBook();
      const host = createPodHost({ book, clock: systemClock });
      const runtime = await startRuntimeServer(host);
      const proxy = await startForwardProxy({
        book,
        onRequest: ({ path }) => {
          scrapes += Number(path === "/metrics");
          metricQueries += Number(path.startsWith("/api/v1/"));
        },
      });
      return { runtimeUrl: runtime.url, proxyUrl: proxy.url };
    },
    guardProcess,
    guardFolder,
    forwarded: (): Forwarded => ({ scrapes, metricQueries }),
  };
}
