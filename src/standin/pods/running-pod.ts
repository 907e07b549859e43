/**
 * One pod as servers on the loopback interface: one for each port of its application, behind its proxy where it was injected, and
 * the proxy's admin server. The address book makes them reachable by the pod's address.
 */
import { createServer, type Server } from "node:http";
import type { Clock } from "../../domain/clock.ts";
import type { Pod } from "../../domain/kube.ts";
import { seededRandom } from "../../sim/kube/random.ts";
import { behaviourOf } from "../../sim/mesh/behaviour.ts";
import { PROXY_CONTAINER } from "../../sim/mesh/inject.ts";
import { createFamilies } from "../../sim/mesh/metrics/families.ts";
import { ADMIN_PORT, createInboundMetrics } from "../../sim/mesh/metrics/inbound.ts";
import type { AddressBook } from "../forward-proxy/address-book.ts";
import { closeServer, listen } from "../forward-proxy/listen.ts";
import { ADMIN_PROBES, adminApp } from "../mesh/admin.ts";
import { inboundProxy } from "../mesh/inbound-proxy.ts";
import { createApp } from "./app.ts";
import { probePathsOf } from "./probes.ts";

export interface RunningPod {
  readonly ip: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Answers what is on its way for `graceMs`, then is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Time for the mesh to learn that the pod ends, before it refuses connections: a preStop hook's job, which usually takes 5 s and more. */
const LINGER_MS = 1_500;

export async function startPod(pod: Pod, ip: string, book: AddressBook, clock: Clock): Promise<RunningPod> {
  const { name } = pod.metadata;
  const behaviour = behaviourOf(pod);
  const startedAt = clock.now();
  const listensAt = clock.monotonic() + behaviour.startupMs;
  const isListening = () => clock.monotonic() >= listensAt;
  const app = createApp({ pod: name, behaviour, random: seededRandom(hashOf(pod.metadata.uid ?? name)), clock });
  const meshed = pod.spec.containers.some((container) => container.name === PROXY_CONTAINER);
  const families = createFamilies(startedAt);
  const metrics = meshed ? createInboundMetrics(families, ip) : undefined;
  const servers: Server[] = [];

  async function serve(port: number, listener: ReturnType<typeof inboundProxy>): Promise<void> {
    const server = createServer(listener);
    servers.push(server);
    book.add(ip, port, await listen(server));
  }

  for (const port of appPortsOf(pod)) {
    await serve(port, inboundProxy({ metrics, port, probePaths: probePathsOf(pod, port), app, isListening, clock }));
  }
  const external = behaviour.proxyAdminPort;
  if (external !== undefined) book.add(ip, ADMIN_PORT, external);
  else if (meshed) {
    const listener = { metrics, port: ADMIN_PORT, probePaths: ADMIN_PROBES, app: adminApp(families), isListening: () => true, clock };
    await serve(ADMIN_PORT, inboundProxy(listener));
  }

  return {
    ip,
    startedAt,
    async stop(graceMs) {
      await clock.sleep(Math.min(LINGER_MS, graceMs));
      book.remove(ip);
      await Promise.all(servers.map((server) => closeServer(server, graceMs)));
    },
  };
}

function appPortsOf(pod: Pod): number[] {
  const containers = pod.spec.containers.filter(({ name }) => name !== PROXY_CONTAINER);
  return containers.flatMap(({ ports }) => ports ?? []).map(({ containerPort }) => containerPort);
}

function hashOf(text: string): number {
  return [...text].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
}
