/**
 * The captured topology over real sockets: pods with proxies, the forward proxy into their network, and a client's proxy. The cluster
 * is told by plain objects, which a test changes as somebody would on an API server.
 */
import { request } from "undici";
import { onTestFinished } from "vitest";
import { systemClock } from "../../../src/domain/clock.ts";
import type { KubeObject, Pod, Route, Service } from "../../../src/domain/kube.ts";
import { keyOf } from "../../../src/domain/kube.ts";
import { seededRandom } from "../../../src/sim/kube/random.ts";
import { injectProxy } from "../../../src/sim/mesh/inject.ts";
import { type AddressBook, createAddressBook } from "../../../src/standin/forward-proxy/address-book.ts";
import { dialThrough } from "../../../src/standin/forward-proxy/dial.ts";
import { startForwardProxy } from "../../../src/standin/forward-proxy/server.ts";
import { directoryOf } from "../../../src/standin/mesh/directory.ts";
import { PROXY_ERROR_HEADER } from "../../../src/standin/mesh/dispatch.ts";
import { startOutboundProxy } from "../../../src/standin/mesh/outbound-proxy.ts";
import { type RunningPod, startPod } from "../../../src/standin/pods/running-pod.ts";
import { service } from "../../sim/mesh/lab.ts";

export const PROBE = { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1 };

export function podObject(name: string, ip: string, app: string, env: Record<string, string> = {}): Pod {
  const templateHash = name.split("-").at(-2) ?? "";
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "lab",
      uid: `uid-${name}`,
      labels: { app, "pod-template-hash": templateHash },
      annotations: { "linkerd.io/inject": "enabled" },
    },
    spec: {
      containers: [
        {
          name: "app",
          image: `web:${app}`,
          ports: [{ containerPort: 8080 }],
          readinessProbe: PROBE,
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        },
      ],
    },
    status: { podIP: ip },
  };
  return injectProxy(pod, app);
}

export interface Answer {
  readonly status: number;
  readonly version: string;
  readonly pod: string;
  readonly error: string;
  readonly ms: number;
}

export async function openLab(seed = 1) {
  const book: AddressBook = createAddressBook();
  const forward = await startForwardProxy({ book });
  const objects = {
    services: new Map<string, KubeObject>(),
    endpointSlices: new Map<string, KubeObject>(),
    pods: new Map<string, KubeObject>(),
    httpRoutes: new Map<string, KubeObject>(),
    grpcRoutes: new Map<string, KubeObject>(),
  };
  const running = new Map<string, RunningPod>();
  const proxy = await startOutboundProxy({
    namespace: "lab",
    serviceAccount: "default",
    directory: directoryOf(objects),
    dial: dialThrough(forward.url),
    random: seededRandom(seed),
    clock: systemClock,
  });
  const lab = {
    book,
    objects,
    proxy,
    forward,
    running,
    putServices(...services: Service[]): void {
      for (const object of services) objects.services.set(keyOf(object), object);
      proxy.refresh();
    },
    putRoute(route: Route | undefined): void {
      objects.httpRoutes.clear();
      if (route !== undefined) objects.httpRoutes.set(keyOf(route), route);
      proxy.refresh();
    },
    /** The pods behind a Service; undefined endpoints are not ready. */
    putEndpoints(name: string, pods: readonly Pod[]): void {
      const slice: KubeObject = {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: `${name}-1`, namespace: "lab", labels: { "kubernetes.io/service-name": name } },
        endpoints: pods.map(({ metadata, status }) => ({
          addresses: [status?.podIP ?? ""],
          conditions: { ready: true },
          targetRef: { kind: "Pod", name: metadata.name, uid: metadata.uid },
        })),
        ports: [{ name: "", port: 8080 }],
      };
      objects.endpointSlices.set(keyOf(slice), slice);
      proxy.refresh();
    },
    async start(pod: Pod): Promise<void> {
      objects.pods.set(keyOf(pod), pod);
      running.set(pod.metadata.name, await startPod(pod, pod.status?.podIP ?? "", book, systemClock));
    },
    /** What answers on an address of the pod network. */
    async pod(ip: string, port: number, path: string): Promise<{ status: number; text: string }> {
      const answer = await request(`http://127.0.0.1:${book.find(ip, port)}${path}`, { reset: true });
      return { status: answer.statusCode, text: await answer.body.text() };
    },
    async clientMetrics(path = "/metrics"): Promise<string> {
      const answer = await request(`http://127.0.0.1:${proxy.adminPort}${path}`, { reset: true });
      return answer.body.text();
    },
    async call(method: "GET" | "POST" = "GET", headers: Record<string, string> = {}, host = "web"): Promise<Answer> {
      const started = performance.now();
      const answer = await request(proxy.url, {
        method,
        headers: { ...headers, host },
        ...(method === "POST" ? { body: "hello" } : {}),
      });
      await answer.body.dump();
      const text = (name: string) => String(answer.headers[name] ?? "");
      const ms = performance.now() - started;
      return { status: answer.statusCode, version: text("x-version"), pod: text("x-pod"), error: text(PROXY_ERROR_HEADER), ms };
    },
    /** One after another on several connections: counts by status and version, as the captures name them. */
    async tally(requests: number, host = "web"): Promise<Record<string, number>> {
      const counts: Record<string, number> = {};
      const workers = Array.from({ length: Math.min(20, requests) }, async (_, worker) => {
        for (let i = worker; i < requests; i += 20) {
          const { status, version, error } = await lab.call("GET", {}, host);
          const key = error === "" ? `${status} ${version}` : `${status} - [${error}]`;
          counts[key] = (counts[key] ?? 0) + 1;
        }
      });
      await Promise.all(workers);
      return counts;
    },
  };
  onTestFinished(async () => {
    await proxy.close();
    await Promise.all([...running.values()].map((pod) => pod.stop(0)));
    await forward.close();
  });
  lab.putServices(service("web"), service("web-stable"), service("web-canary"));
  return lab;
}

export type Lab = Awaited<ReturnType<typeof openLab>>;

export const IPS = { stable0: "10.244.0.10", canary0: "10.244.0.11", stable1: "10.244.0.13" } as const;

/** Two stable pods and a canary behind their Services, and the parent on stable. */
export async function openWeb(options: { seed?: number; stable?: Record<string, string>; canary?: Record<string, string> } = {}) {
  const lab = await openLab(options.seed);
  const fast = { LATENCY_MS: "1", STARTUP_MS: "0" };
  const stable = [
    podObject("web-stable-f45dd7d99-7w26f", IPS.stable0, "web-stable", { ...fast, ...options.stable }),
    podObject("web-stable-f45dd7d99-gptfd", IPS.stable1, "web-stable", { ...fast, ...options.stable }),
  ];
  const canary = [podObject("web-canary-76db988fb6-6kkdx", IPS.canary0, "web-canary", { ...fast, ...options.canary })];
  for (const pod of [...stable, ...canary]) await lab.start(pod);
  lab.putEndpoints("web", stable);
  lab.putEndpoints("web-stable", stable);
  lab.putEndpoints("web-canary", canary);
  return { ...lab, stable, canary };
}
