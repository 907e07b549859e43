/**
 * A mesh on virtual time: one client, its proxy, and pods with proxies of their own. The same rules as behind the stand-in's
 * sockets (split, stack, gate, balancer) and the same counters, so that a simulated release is judged by the text that a proxy
 * would have served.
 *
 * Requests of one call to `send` happen at once and are answered at once, but for those that wait at a gate.
 */
import type { Route } from "../../domain/kube.ts";
import { pickLessLoaded } from "./balancer.ts";
import { answerOf, type Behaviour } from "./behaviour.ts";
import { FAIL_FAST_MS, type Gate, OPEN_GATE, stepGate } from "./gate.ts";
import { createFamilies, familiesText, type ProxyFamilies } from "./metrics/families.ts";
import { createInboundMetrics, type InboundMetrics } from "./metrics/inbound.ts";
import {
  type BackendName,
  createOutboundMetrics,
  type Endpoint,
  identityOf,
  type OutboundMetrics,
  type RouteName,
  type ServiceRef,
} from "./metrics/outbound.ts";
import { type Converted, type FindService, policyOf } from "./policy.ts";
import { findRule } from "./route-match.ts";
import { pickBackend } from "./split.ts";
import { buildStack, type Stack, updateStack, useStack } from "./stack.ts";

export interface ModelPod extends Endpoint {
  readonly behaviour: Behaviour;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** The cluster as the mesh's control plane tells it to proxies, at one moment. */
export interface MeshView {
  readonly routes: readonly Route[];
  readonly findService: FindService;
  /** Ready pods behind a Service's port. */
  readonly endpoints: (service: ServiceRef) => readonly ModelPod[];
}

export interface Tally {
  readonly requests: number;
  /** 5xx and requests that nobody answered. */
  readonly failures: number;
  /** Answers by pod. */
  readonly byPod: ReadonlyMap<string, { readonly requests: number; readonly failures: number }>;
  /** Failed without reaching a pod: by backend name, `invalid`, or `none` where nobody was available. */
  readonly clientOnly: ReadonlyMap<string, number>;
}

export interface MeshModel {
  /** `requests` GETs of `/` to the parent. Also lets waiting requests go on or fail: call it with 0 to let time pass. */
  send(now: number, parent: ServiceRef, requests: number, view: MeshView): Tally;
  /** What a pod's proxy serves on its admin port; empty for a pod that was never seen. */
  metricsOf(pod: string): string;
  clientMetrics(): string;
}

/** One backend of one parent, and the requests that wait at its gate. */
interface Waiting {
  readonly parent: ServiceRef;
  readonly backend: ServiceRef;
  readonly route: RouteName;
  gate: Gate;
  count: number;
}

interface State {
  readonly random: () => number;
  readonly clientId: string;
  readonly pods: Map<string, { readonly families: ProxyFamilies; readonly inbound: InboundMetrics }>;
  readonly stacks: Map<string, { readonly stack: Stack; readonly converted: Converted }>;
  readonly gates: Map<string, Waiting>;
  readonly outbound: OutboundMetrics;
}

interface Moment {
  readonly now: number;
  readonly view: MeshView;
  readonly tally: ReturnType<typeof createTally>;
}

export interface MeshModelOptions {
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly clientId?: string;
}

export function createMeshModel({ random, startedAt, clientId = identityOf("default", "default") }: MeshModelOptions): MeshModel {
  const families = createFamilies(startedAt);
  const outbound = createOutboundMetrics(families);
  const state: State = { random, clientId, pods: new Map(), stacks: new Map(), gates: new Map(), outbound };
  return {
    send(now, parent, requests, view) {
      const moment: Moment = { now, view, tally: createTally() };
      learn(state, moment, parent);
      for (const waiting of state.gates.values()) settle(state, moment, waiting);
      for (let sent = 0; sent < requests; sent += 1) sendOne(state, moment, parent);
      return moment.tally.result();
    },
    metricsOf(pod) {
      const found = state.pods.get(pod);
      return found === undefined ? "" : familiesText(found.families);
    },
    clientMetrics: () => familiesText(families),
  };
}

/** What the control plane tells the client's proxy about this parent. */
function learn({ stacks }: State, { now, view }: Moment, parent: ServiceRef): void {
  const key = keyOf(parent);
  const before = stacks.get(key);
  const { policy, converted } = policyOf(parent, view.routes, view.findService, before?.converted ?? new Map());
  const stack = before === undefined ? buildStack(policy, now) : updateStack(before.stack, policy);
  stacks.set(key, { stack, converted });
}

function sendOne(state: State, moment: Moment, parent: ServiceRef): void {
  const { outbound, random, stacks } = state;
  const { now, tally } = moment;
  const known = stacks.get(keyOf(parent))!;
  const stack = useStack(known.stack, now);
  stacks.set(keyOf(parent), { ...known, stack });
  const rule = findRule(stack.inForce, { method: "GET", path: "/", headers: {} });
  if (rule === undefined) {
    tally.failedAtClient("none", false);
    return;
  }
  const isOpen = (backend: BackendName) => backend === "invalid" || !waitingFor(state, parent, backend, rule.route).gate.shut;
  const picked = pickBackend(rule, ({ backend }) => isOpen(backend), random)?.backend;
  if (picked === undefined) {
    outbound.routeResponse(parent, rule.route, { status: undefined, error: "LOAD_SHED" }, 0, now);
    tally.failedAtClient("none");
    return;
  }
  outbound.backendRequest(parent, rule.route, picked, now);
  if (picked === "invalid") {
    outbound.backendResponse(parent, rule.route, picked, { status: 500 }, 0, now);
    outbound.routeResponse(parent, rule.route, { status: 500 }, 0, now);
    tally.failedAtClient("invalid");
    return;
  }
  const waiting = waitingFor(state, parent, picked, rule.route);
  waiting.count += 1;
  settle(state, moment, waiting);
}

function waitingFor({ gates }: State, parent: ServiceRef, backend: ServiceRef, route: RouteName): Waiting {
  const key = `${keyOf(parent)} ${keyOf(backend)} ${route?.name ?? ""}`;
  const found = gates.get(key) ?? { parent, backend, route, gate: OPEN_GATE, count: 0 };
  gates.set(key, found);
  return found;
}

/** Lets the time that has passed, and the endpoints that came or went, act on who waits. */
function settle(state: State, moment: Moment, waiting: Waiting): void {
  const { outbound } = state;
  const { now, view, tally } = moment;
  const { parent, backend, route } = waiting;
  const ready = view.endpoints(backend).length;
  const before = waiting.gate;
  waiting.gate = stepGate(before, ready, waiting.count, now);
  if (waiting.gate.shut !== before.shut) outbound.gate(parent, backend, waiting.gate.shut ? "shut" : "open", now);
  outbound.balancer(parent, backend, { ready, pending: 0 }, now);
  for (; waiting.count > 0 && ready > 0; waiting.count -= 1) serve(state, moment, waiting);
  for (; waiting.count > 0 && waiting.gate.shut; waiting.count -= 1) {
    const end = { status: undefined, error: "FAIL_FAST" } as const;
    outbound.backendResponse(parent, route, backend, end, FAIL_FAST_MS / 1000, now);
    outbound.routeResponse(parent, route, end, FAIL_FAST_MS / 1000, now);
    tally.failedAtClient(backend.name);
  }
}

function serve(state: State, { now, view, tally }: Moment, { parent, backend, route }: Waiting): void {
  const { random, clientId, outbound } = state;
  const ready = view.endpoints(backend).map((endpoint) => ({ endpoint, load: 0 }));
  const pod = pickLessLoaded(ready, random)!.endpoint;
  const { status, latencyMs } = answerOf(pod.behaviour, now - pod.startedAt, random);
  const call = { port: pod.port, probe: false, clientId: pod.meshed ? clientId : undefined };
  const inbound = proxyOf(state, pod);
  inbound.request(call, now);
  inbound.response(call, { status }, latencyMs, now);
  outbound.endpointRequest(backend, pod, now);
  outbound.endpointResponse(backend, pod, { status }, latencyMs, now);
  outbound.backendResponse(parent, route, backend, { status }, latencyMs / 1000, now);
  outbound.routeResponse(parent, route, { status }, latencyMs / 1000, now);
  tally.answered(pod.pod, status >= 500);
}

function proxyOf({ pods }: State, pod: ModelPod): InboundMetrics {
  const found = pods.get(pod.pod);
  if (found !== undefined) return found.inbound;
  const families = createFamilies(pod.startedAt);
  const inbound = createInboundMetrics(families, pod.ip);
  pods.set(pod.pod, { families, inbound });
  return inbound;
}

function keyOf({ namespace, name, port }: ServiceRef): string {
  return `${namespace}/${name}:${port}`;
}

function createTally() {
  const byPod = new Map<string, { requests: number; failures: number }>();
  const clientOnly = new Map<string, number>();
  let requests = 0;
  let failures = 0;
  return {
    answered(pod: string, failed: boolean): void {
      const counts = byPod.get(pod) ?? { requests: 0, failures: 0 };
      byPod.set(pod, { requests: counts.requests + 1, failures: counts.failures + Number(failed) });
      requests += 1;
      failures += Number(failed);
    },
    /** A 404 of the proxy is an answer, if not of a pod. */
    failedAtClient(backend: string, failed = true): void {
      requests += 1;
      failures += Number(failed);
      if (failed) clientOnly.set(backend, (clientOnly.get(backend) ?? 0) + 1);
    },
    result: (): Tally => ({ requests, failures, byPod, clientOnly }),
  };
}
