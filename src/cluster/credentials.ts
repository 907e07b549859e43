/**
 * What every request to the API server needs: its address, headers that say who we are, and TLS material.
 *
 * client-node applies tokens, exec plug-ins, OIDC and certificates; here the result is kept for a few seconds, so that a
 * burst of requests runs one plug-in and reads each file once, and is thrown away with everything that client-node
 * remembers as soon as the server refuses it.
 */
import type { RequestOptions } from "node:https";
import type { Clock } from "../domain/clock.ts";
import type { KubeConfigSource } from "./kube-config.ts";

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** How to reach the API server, as somebody. */
export interface Access {
  readonly origin: string;
  /** Path prefix of the server's address, without a trailing slash: "" or for example "/k8s/clusters/c-1". */
  readonly basePath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** The kubeconfig's own proxy; without one the environment decides. */
  readonly proxyUrl: string | undefined;
}

export interface Credentials {
  current(): Promise<Access>;
  /** The server answered 401 to this access: the next `current()` reads everything again. */
  refused(access: Access): void;
}

const KEEP_MS = 5000;

export function createCredentials(source: KubeConfigSource, clock: Clock): Credentials {
  let config = source();
  let kept: { readonly access: Promise<Access>; readonly until: number } | undefined;
  let latest: Access | undefined;
  let stale = false;

  async function read(): Promise<Access> {
    if (stale) config = source();
    stale = false;
    latest = await accessOf(config);
    return latest;
  }

  return {
    current() {
      if (kept === undefined || clock.monotonic() >= kept.until) {
        const access = read();
        const entry = { access, until: clock.monotonic() + KEEP_MS };
        kept = entry;
        access.catch(() => {
          if (kept === entry) kept = undefined;
        });
      }
      return kept.access;
    },
    refused(access) {
      // Of several calls refused at once only the first reads again; the others find its result.
      if (access !== latest) return;
      stale = true;
      kept = undefined;
      latest = undefined;
    },
  };
}

async function accessOf(config: ReturnType<KubeConfigSource>): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error("the kubeconfig names no cluster");
  const options: RequestOptions & { servername?: string } = {};
  await config.applyToHTTPSOptions(options);
  const server = new URL(cluster.server);
  return {
    origin: server.origin,
    basePath: server.pathname.replace(/\/+$/, ""),
    headers: headersOf(options),
    tls: tlsOf(options),
    proxyUrl: cluster.proxyUrl,
  };
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  if (options.auth) headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return headers;
}

function tlsOf(options: RequestOptions & { servername?: string }): TlsMaterial {
  return {
    ...(options.ca ? { ca: options.ca as string | Buffer } : {}),
    ...(options.cert ? { cert: options.cert as string | Buffer } : {}),
    ...(options.key ? { key: options.key as string | Buffer } : {}),
    ...(options.servername ? { servername: options.servername } : {}),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}
