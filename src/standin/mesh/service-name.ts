/** Which Service a client means by the authority that it calls. */
import type { ServiceRef } from "../../sim/mesh/metrics/outbound.ts";

/** `web`, `web.shop`, `web.shop.svc.cluster.local`, each with or without a port; undefined where it is none of these. */
export function serviceOf(authority: string, ownNamespace: string): ServiceRef | undefined {
  const [, host = "", port = "80"] = /^([a-z0-9.-]+)(?::(\d+))?$/.exec(authority.toLowerCase()) ?? [];
  const [name, namespace = ownNamespace, ...rest] = host.split(".");
  const suffix = rest.join(".");
  if (!name || !["", "svc", "svc.cluster.local"].includes(suffix)) return undefined;
  return { namespace, name, port: Number(port) };
}
