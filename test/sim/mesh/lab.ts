/** The namespace `lab` of the captures: Service `web` before `web-stable` and `web-canary`, and the route between them. */
import { readFileSync } from "node:fs";
import type { Route, Service } from "../../../src/domain/kube.ts";
import type { Behaviour } from "../../../src/sim/mesh/behaviour.ts";
import type { ServiceRef } from "../../../src/sim/mesh/metrics/outbound.ts";
import type { ModelPod } from "../../../src/sim/mesh/model.ts";
import type { FindService } from "../../../src/sim/mesh/policy.ts";

export const WEB: ServiceRef = { namespace: "lab", name: "web", port: 80 };

export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/linkerd/${name}`, import.meta.url), "utf8");
}

export function fact(name: string) {
  return JSON.parse(fixture(`facts/${name}.json`));
}

/** As captured, without status, with these weights. */
export function route(stable: number, canary: number): Route {
  const captured = JSON.parse(fixture("httproute.json")) as Route;
  const { status: _status, ...rest } = captured;
  const [rule] = captured.spec.rules ?? [];
  const [first, second] = rule?.backendRefs ?? [];
  const backendRefs = [
    { ...first!, weight: stable },
    { ...second!, weight: canary },
  ];
  return { ...rest, spec: { ...captured.spec, rules: [{ ...rule, backendRefs }] } };
}

/** The canary alone, with weight 0. */
export function loneCanary(): Route {
  const base = route(0, 0);
  const [rule] = base.spec.rules ?? [];
  return { ...base, spec: { ...base.spec, rules: [{ ...rule, backendRefs: rule!.backendRefs!.slice(1) }] } };
}

export function withRule(base: Route, change: object): Route {
  return { ...base, spec: { ...base.spec, rules: base.spec.rules!.map((rule) => ({ ...rule, ...change })) } };
}

export function service(name: string, spec: Partial<Service["spec"]> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "lab" },
    spec: { clusterIP: "10.96.73.220", ports: [{ port: 80, targetPort: 8080 }], ...spec },
  };
}

export function services(...extra: Service[]): FindService {
  const all = [service("web"), service("web-stable"), service("web-canary"), ...extra];
  return (namespace, name) => all.findLast(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
}

export function pod(name: string, ip: string, deployment: string, behaviour: Partial<Behaviour> = {}): ModelPod {
  return {
    ip,
    port: 8080,
    pod: name,
    namespace: "lab",
    deployment,
    templateHash: name.split("-").at(-2),
    serviceAccount: "default",
    zone: "",
    meshed: true,
    startedAt: 0,
    behaviour: { version: "v1", latencyMs: 5, failRate: 0, failAfterMs: 0, startupMs: 0, proxyAdminPort: undefined, ...behaviour },
  };
}

export const STABLE = [
  pod("web-stable-f45dd7d99-7w26f", "10.244.0.10", "web-stable"),
  pod("web-stable-f45dd7d99-gptfd", "10.244.0.13", "web-stable"),
];
export const CANARY = [pod("web-canary-76db988fb6-6kkdx", "10.244.0.11", "web-canary")];
