/** From the stores to the snapshot that `decide` reads. Metrics are what the feed has by now: nothing is waited for. */
import { isMarked, type Role } from "../api/marks.ts";
import { parseRollout } from "../api/parse-rollout.ts";
import type { CanaryRolloutStatus } from "../api/status.ts";
import type {
  Deployment,
  EndpointSlice,
  HorizontalPodAutoscaler,
  KubeObject,
  Pod,
  ReplicaSet,
  ResourceName,
  Route,
  Service,
  VerticalPodAutoscaler,
} from "../domain/kube.ts";
import type { Samples } from "../domain/samples.ts";
import { needsPods, sampleRequest, samplesSince } from "../engine/needs.ts";
import { namesOf, type Scene, sceneOf } from "../engine/scene.ts";
import type { Forbidden, Observed, Pruned, RolloutObject, Spec } from "../engine/types.ts";
import type { Feed } from "../metrics/feed.ts";
import { trialsOf } from "../workload/sets.ts";
import type { Cache } from "./cache.ts";

export interface ObserveContext {
  readonly cache: Cache;
  readonly feed: Pick<Feed, "request" | "read">;
  /** What a spec without `analysis.preset` means. */
  readonly preset: string;
  readonly now: number;
  readonly forbidden: Forbidden | undefined;
  readonly pruned: Pruned | undefined;
  readonly statusWrites: readonly number[];
}

const NO_SAMPLES: Samples = { scrapes: [], notices: [] };

export function observe(rollout: RolloutObject, context: ObserveContext): Observed {
  const objects = observeObjects(rollout, context);
  const scene = sceneOf(objects);
  const withPods = { ...objects, pods: observePods(scene, context) };
  return { ...withPods, samples: observeSamples({ ...scene, o: withPods }, context) };
}

function observeObjects(rollout: RolloutObject, context: ObserveContext): Observed {
  const { cache, now, forbidden, pruned, statusWrites } = context;
  const spec = specOf(rollout, context.preset);
  const status: CanaryRolloutStatus = rollout.status ?? {};
  const names = namesOf({ rollout, spec }, status);
  const { namespace } = names;
  const get = <T extends KubeObject>(resource: ResourceName, name: string) => cache.get(resource, namespace, name) as T | undefined;
  const target = status.managed?.deployment ?? (spec.ok ? spec.policy.target.name : "");
  const deployment = living(get<Deployment>("deployments", target));
  const own = (object: KubeObject | undefined, role: Role) => isMarked(object?.metadata.labels, names.rollout, role);
  const services = {
    apex: get<Service>("services", names.apex),
    stable: get<Service>("services", names.stable),
    canary: get<Service>("services", names.canary),
  };
  const route = get<Route>("httpRoutes", names.route);
  return {
    now,
    rollout,
    spec,
    deployment,
    sets: setsOf(cache, namespace, names.rollout, deployment),
    pods: undefined,
    services: {
      apex: services.apex,
      stable: own(services.stable, "stable-service") ? services.stable : undefined,
      canary: own(services.canary, "canary-service") ? services.canary : undefined,
    },
    slices: [...new Set([names.apex, names.stable, names.canary])].flatMap(
      (service) => cache.concerning("endpointSlices", "Service", namespace, service) as EndpointSlice[],
    ),
    route: own(route, "route") ? route : undefined,
    otherRoutes: cache
      .routesOn(namespace, names.apex)
      .filter((other) => !isSameRoute(other, namespace, names.route) || !own(route, "route")),
    taken: [
      ...taken(services.stable, own(services.stable, "stable-service")),
      ...taken(services.canary, own(services.canary, "canary-service")),
      ...taken(route, own(route, "route")),
    ],
    otherDeployments: cache.list("deployments", namespace).filter((other) => other.metadata.name !== target) as Deployment[],
    autoscalers: autoscalersOf(cache, "horizontalPodAutoscalers", namespace, target) as HorizontalPodAutoscaler[],
    verticalAutoscalers: autoscalersOf(cache, "verticalPodAutoscalers", namespace, target) as VerticalPodAutoscaler[],
    olderRival: olderRival(rollout, cache, namespace, target),
    samples: NO_SAMPLES,
    routeKindServed: cache.serves("httpRoutes"),
    freezesOnChange: cache.freezesOnChange(),
    forbidden,
    pruned,
    statusWrites,
  };
}

function specOf(rollout: RolloutObject, preset: string): Spec {
  const { name } = rollout.metadata;
  const written = (rollout["spec"] ?? rollout) as object;
  const known = specs.get(written);
  if (known?.preset === preset && known.name === name) {
    return known.spec;
  }
  const parsed = parseRollout(rollout, { preset });
  const spec: Spec = parsed.ok ? { ok: true, policy: parsed.policy } : { ok: false, errors: parsed.errors };
  specs.set(written, { preset, name, spec });
  return spec;
}

/** By what is written in `spec`. Objects that were observed are never changed, and most looks are at the same one. */
const specs = new WeakMap<object, { readonly preset: string; readonly name: string; readonly spec: Spec }>();

function autoscalersOf(cache: Cache, resource: ResourceName, namespace: string, target: string): KubeObject[] {
  return [...cache.concerning(resource, "Deployment", namespace, target)];
}

function setsOf(cache: Cache, namespace: string, rollout: string, deployment: Deployment | undefined): ReplicaSet[] {
  const marked = cache.concerning("replicaSets", "Rollout", namespace, rollout) as readonly ReplicaSet[];
  const { name, uid } = deployment?.metadata ?? {};
  const owned = name === undefined ? [] : (cache.concerning("replicaSets", "Deployment", namespace, name) as readonly ReplicaSet[]);
  const isOwned = ({ metadata }: ReplicaSet) => uid !== undefined && (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
  return [...new Set([...trialsOf(rollout, marked), ...owned.filter(isOwned)])];
}

/** One that is being deleted makes no sets any more, and takes those that it has with it. */
function living(deployment: Deployment | undefined): Deployment | undefined {
  return deployment?.metadata.deletionTimestamp === undefined ? deployment : undefined;
}

function observePods(scene: Scene, { cache }: ObserveContext): readonly Pod[] | undefined {
  const key = `${scene.names.namespace}/${scene.names.rollout}`;
  const labels = scene.o.deployment?.spec.selector.matchLabels;
  if (labels === undefined || !needsPods(scene)) {
    cache.releasePods(key);
    return undefined;
  }
  return cache.pods(key, scene.names.namespace, labels);
}

function observeSamples(scene: Scene, { cache, feed }: ObserveContext): Samples {
  const key = `${scene.names.namespace}/${scene.names.rollout}`;
  const policy = scene.o.spec.ok ? scene.o.spec.policy : undefined;
  const clients = policy?.analysis.clients?.matchLabels;
  const clientPods = clients === undefined || !scene.open ? undefined : cache.pods(`${key}#clients`, scene.names.namespace, clients);
  const request = policy && sampleRequest(scene, policy, clientPods ?? []);
  if (request?.clients.length === 0 && clients === undefined) {
    cache.releasePods(`${key}#clients`);
  }
  feed.request(key, request);
  return request === undefined ? NO_SAMPLES : feed.read(key, samplesSince(scene));
}

function isSameRoute(route: Route, namespace: string, name: string): boolean {
  return route.kind === "HTTPRoute" && route.metadata.namespace === namespace && route.metadata.name === name;
}

function taken(object: KubeObject | undefined, own: boolean): string[] {
  return object === undefined || own ? [] : [`${object.kind} ${object.metadata.name}`];
}

/** The oldest acts; of two as old, the first by name. */
function olderRival(rollout: RolloutObject, cache: Cache, namespace: string, target: string): string | undefined {
  const rivals = cache.concerning("canaryRollouts", "Deployment", namespace, target).filter((other) => {
    const spec = other["spec"] as { targetRef?: { name?: string } } | undefined;
    return other.metadata.name !== rollout.metadata.name && spec?.targetRef?.name === target;
  });
  const age = (object: KubeObject) => `${object.metadata.creationTimestamp ?? ""}/${object.metadata.name}`;
  return rivals.filter((other) => age(other) < age(rollout)).sort((a, b) => age(a).localeCompare(age(b)))[0]?.metadata.name;
}
