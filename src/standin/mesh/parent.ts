/**
 * One port of one Service, as a client's proxy holds it: the policy in force, and a balancer for each backend that a rule names and
 * for the Service itself. Decides for each request where it goes.
 */
import type { Clock } from "../../domain/clock.ts";
import type { BackendName, OutboundMetrics, ServiceRef } from "../../sim/mesh/metrics/outbound.ts";
import { type Converted, isAttached, type Policy, type PolicyRule, policyOf } from "../../sim/mesh/policy.ts";
import { findRule, type RequestHead } from "../../sim/mesh/route-match.ts";
import { pickBackend } from "../../sim/mesh/split.ts";
import { buildStack, type Stack, updateStack, useStack } from "../../sim/mesh/stack.ts";
import type { Dial } from "../forward-proxy/dial.ts";
import { type Balancer, createBalancer } from "./balancer.ts";
import type { Directory } from "./directory.ts";

export interface Parent {
  /** The cluster may have changed. */
  refresh(): void;
  /** `rule` undefined: nothing matches. `backend` undefined: nobody is available. */
  route(head: RequestHead): { readonly rule: PolicyRule | undefined; readonly backend: BackendName | undefined };
  balancer(backend: ServiceRef): Balancer;
  close(): Promise<void>;
}

export interface ParentOptions {
  readonly service: ServiceRef;
  readonly directory: Directory;
  readonly metrics: OutboundMetrics;
  readonly dial: Dial;
  readonly random: () => number;
  readonly clock: Clock;
}

export function openParent({ service, directory, metrics, dial, random, clock }: ParentOptions): Parent {
  const balancers = new Map<string, { readonly backend: ServiceRef; readonly balancer: Balancer }>();
  let converted: Converted = new Map();
  let stack: Stack = buildStack(currentPolicy(), clock.now());
  openBalancers(stack.inForce);

  function currentPolicy(): Policy {
    const conflicted = directory.grpcRoutes().some((route) => isAttached(route, service));
    const found = policyOf(service, directory.httpRoutes(), directory.findService, converted, conflicted);
    converted = found.converted;
    return found.policy;
  }

  function openBalancers(policy: Policy): void {
    balancerOf(service);
    for (const { backend } of policy.flatMap((rule) => rule.backends)) if (backend !== "invalid") balancerOf(backend);
  }

  function balancerOf(backend: ServiceRef): Balancer {
    const key = `${backend.namespace}/${backend.name}:${backend.port}`;
    const found = balancers.get(key);
    if (found !== undefined) return found.balancer;
    const balancer = createBalancer({
      dial,
      random,
      clock,
      onEndpoints: (counts, added) => {
        metrics.balancer(service, backend, counts, clock.now());
        for (const endpoint of added) metrics.endpointAdded(backend, endpoint, clock.now());
      },
      onGate: (state) => metrics.gate(service, backend, state, clock.now()),
    });
    balancers.set(key, { backend, balancer });
    balancer.update(directory.endpoints(backend));
    return balancer;
  }

  return {
    refresh() {
      stack = updateStack(stack, currentPolicy());
      openBalancers(stack.inForce);
      for (const { backend, balancer } of balancers.values()) balancer.update(directory.endpoints(backend));
    },
    route(head) {
      stack = useStack(stack, clock.now());
      const rule = findRule(stack.inForce, head);
      const isAvailable = (backend: BackendName) => backend === "invalid" || balancerOf(backend).isAvailable();
      return { rule, backend: rule && pickBackend(rule, (entry) => isAvailable(entry.backend), random)?.backend };
    },
    balancer: balancerOf,
    async close() {
      await Promise.all([...balancers.values()].map(({ balancer }) => balancer.close()));
    },
  };
}
