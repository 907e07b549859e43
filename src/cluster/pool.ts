/**
 * One pool of connections per API server, renewed when the TLS material changes.
 *
 * The kubeconfig's `proxy-url` wins; else HTTPS_PROXY, HTTP_PROXY and NO_PROXY hold as for any client.
 */
import { type Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent } from "undici";
import type { Access } from "./credentials.ts";

export interface Pool {
  for(access: Access): Dispatcher;
  close(): Promise<void>;
}

export function createPool(): Pool {
  let key: string | undefined;
  let dispatcher: Dispatcher | undefined;

  return {
    for(access) {
      const wanted = keyOf(access);
      if (dispatcher === undefined || key !== wanted) {
        // Requests that run on the old connections end there.
        dispatcher?.close().catch(() => {});
        dispatcher = createDispatcher(access);
        key = wanted;
      }
      return dispatcher;
    },
    async close() {
      await dispatcher?.destroy();
    },
  };
}

function keyOf({ origin, tls, proxyUrl }: Access): string {
  return JSON.stringify([
    origin,
    proxyUrl,
    tls.ca?.toString(),
    tls.cert?.toString(),
    tls.key?.toString(),
    tls.servername,
    tls.rejectUnauthorized,
  ]);
}

function createDispatcher({ tls, proxyUrl }: Access): Dispatcher {
  const options = {
    // The server closes idle connections after 90 s.
    keepAliveTimeout: 60_000,
    // On HTTP/2 one connection that hangs would take all watches, the lease and every write with it.
    allowH2: false,
    connectTimeout: 5000,
    connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 5000 },
    requestTls: tls,
  } satisfies Agent.Options & { requestTls: object };
  return proxyUrl === undefined ? new EnvHttpProxyAgent(options) : new ProxyAgent({ ...options, uri: proxyUrl });
}
