/**
 * The pods with a proxy, told to a Prometheus in the form of its HTTP discovery: not every Prometheus is built with that of
 * Kubernetes. The labels are those of linkerd-viz' job.
 */
import { createServer } from "node:http";
import type { Clock } from "../../domain/clock.ts";
import { type Pod, RESOURCES } from "../../domain/kube.ts";
import { PROXY_CONTAINER } from "../../sim/mesh/inject.ts";
import { ADMIN_PORT } from "../../sim/mesh/metrics/inbound.ts";
import type { ApiAccess } from "../api-access.ts";
import { LOOPBACK, listen } from "../forward-proxy/listen.ts";
import { startMirror } from "../mesh/mirror.ts";

export interface TargetsOptions {
  readonly access: ApiAccess;
  /** The way into the pod network. */
  readonly podsProxy: string;
  readonly clock: Clock;
}

/** The job to scrape, fed until the signal ends it. */
export async function scrapeJob({ access, podsProxy, clock }: TargetsOptions, signal: AbortSignal): Promise<object> {
  const pods = startMirror({ ...access, resource: RESOURCES.pods, userAgent: "prometheus (stand-in)", clock }, signal);
  await pods.synced;
  const server = createServer((_request, response) => {
    const meshed = ([...pods.objects.values()] as Pod[]).filter(isMeshed);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(meshed.map(targetOf)));
  });
  const port = await listen(server);
  signal.addEventListener("abort", () => {
    server.close();
    server.closeAllConnections();
  });
  const discovery = { url: `http://${LOOPBACK}:${port}/`, refresh_interval: "1s" };
  return { job_name: "linkerd-proxy", proxy_url: podsProxy, http_sd_configs: [discovery] };
}

function isMeshed({ spec, status }: Pod): boolean {
  return status?.podIP !== undefined && spec.containers.some(({ name }) => name === PROXY_CONTAINER);
}

function targetOf({ metadata, status }: Pod) {
  return { targets: [`${status?.podIP}:${ADMIN_PORT}`], labels: { namespace: metadata.namespace, pod: metadata.name } };
}
