/** What must be right before anything of a release is written, and again before its weight rises. The first finding speaks. */
import type { Policy } from "../api/policy.ts";
import { REASON } from "../api/reasons.ts";
import { apexFinding, foreignEndpoints, rivalRoute, unsupportedFilters } from "../traffic/findings.ts";
import { hpaValueMetric } from "../workload/autoscalers.ts";
import { type Finding, selectedByAnother, targetFinding } from "../workload/findings.ts";
import { firstAnswer } from "./first-answer.ts";
import { portOf, type Scene } from "./scene.ts";

type Check = (scene: Scene, policy: Policy) => Finding | undefined;

/** Before a release begins. */
export function preflight(scene: Scene, policy: Policy): Finding | undefined {
  return firstAnswer([...LASTING, foreignEndpointsOfApex], scene, policy);
}

/** Before each raise: what is still wrong while pods come and go. */
export function lastingFinding(scene: Scene, policy: Policy): Finding | undefined {
  return firstAnswer(LASTING, scene, policy);
}

const LASTING: readonly Check[] = [
  ({ o }) => o.deployment && targetFinding(o.deployment),
  serviceIsMissing,
  nameIsTaken,
  routeKindIsMissing,
  ({ o }, policy) => o.services.apex && apexFinding(o.services.apex, policy.traffic.port, o.deployment),
  anotherRouteRules,
  ({ o }) => o.route && unsupportedFilters(o.route, 0),
  ({ o }) => o.deployment && hpaValueMetric(o.autoscalers, o.deployment),
  ({ o, revision }) => (o.deployment && revision ? selectedByAnother(o.deployment, revision, o.otherDeployments) : undefined),
];

function anotherRouteRules(scene: Scene): Finding | undefined {
  const { o, kind, names } = scene;
  const parent = { name: names.apex, namespace: names.namespace, port: portOf(scene) };
  return rivalRoute(o.otherRoutes, { kind: kind.kind, name: names.route }, parent, o.route);
}

function foreignEndpointsOfApex({ o, names }: Scene): Finding | undefined {
  return foreignEndpoints(o.slices, names.apex, o.pods ?? []);
}

/** What adoption needs: it must not freeze what it could not release. */
export function serviceIsMissing({ o, names }: Scene): Finding | undefined {
  if (o.services.apex !== undefined) {
    return undefined;
  }
  return {
    reason: REASON.ServiceMissing,
    message: `Service ${names.apex} does not exist in namespace ${names.namespace}: create it, or name the Service that clients call in spec.traffic.service`,
  };
}

export function routeKindIsMissing({ o, kind }: Scene): Finding | undefined {
  if (o.routeKindServed) {
    return undefined;
  }
  const { group, version } = kind.resource;
  return {
    reason: REASON.RouteKindMissing,
    message: `the API server does not serve ${kind.kind} (${group}/${version}): install the Gateway API CRDs, standard channel`,
  };
}

/** Asked for by name, and not there: frozen Always instead is not what was asked for. */
export function freezePolicyIsMissing({ o }: Scene): Finding | undefined {
  if (!o.spec.ok || o.spec.policy.freeze !== "OnChange" || o.freezesOnChange) {
    return undefined;
  }
  return {
    reason: REASON.FreezePolicyMissing,
    message:
      "spec.strategy.freeze is OnChange, and the MutatingAdmissionPolicy serin-freeze with its binding is not in force or may not be read: kubectl apply -k deploy/policies (Kubernetes 1.36 or newer), or write freeze: Always",
  };
}

function nameIsTaken({ o }: Scene): Finding | undefined {
  const [taken] = o.taken;
  return taken === undefined
    ? undefined
    : { reason: "NameTaken", message: `${taken} exists and is not Serin's: rename or delete it, this release needs the name` };
}
