/** What people, tools and the world do to a release. Data, so that a history can be printed, replayed and made shorter. */
import { ApiError, type KubeObject, RESOURCES, type ReplicaSet, type Resource, type Route } from "../../domain/kube.ts";
import { pick } from "../kube/random.ts";
import type { Snapshot } from "../kube/tables.ts";
import type { TakeOver } from "../world/take-over.ts";
import type { WatchFault } from "../world/watch-trouble.ts";
import type { World } from "../world/world.ts";
import { NAMESPACE } from "../world/world.ts";
import { APP, deployment, rollout, service, template } from "./cast.ts";
import { type FreezePolicies, setPolicies } from "./freeze-policies.ts";
import { BY } from "./invariants.ts";
import { undo } from "./undo.ts";

export type Deed =
  | { readonly kind: "push"; readonly image: string }
  | { readonly kind: "scale"; readonly replicas: number }
  | { readonly kind: "resume" }
  | { readonly kind: "weights"; readonly canary: number }
  | { readonly kind: "unpin" }
  | { readonly kind: "delete"; readonly what: Deletable }
  | { readonly kind: "restore" }
  | {
      readonly kind: "intent";
      readonly intent: "promote" | "abort" | "retry" | "restart";
      readonly on: "rollout" | "target";
      readonly token: string;
    }
  | { readonly kind: "suspend"; readonly on: boolean }
  | { readonly kind: "edit"; readonly spec: object }
  | { readonly kind: "unready"; readonly pods: number }
  | { readonly kind: "kill"; readonly forMs: number }
  | { readonly kind: "outage"; readonly forMs: number }
  | { readonly kind: "flaky"; readonly forMs: number; readonly part: number }
  | { readonly kind: "blind"; readonly forMs: number }
  | { readonly kind: "traffic"; readonly requestsPerSecond: number }
  | ({ readonly kind: "second" } & TakeOver)
  | { readonly kind: "clock"; readonly whose: "controller" | "server"; readonly byMs: number }
  | { readonly kind: "watches"; readonly fault: WatchFault; readonly forMs: number }
  | { readonly kind: "policies"; readonly inForce: boolean }
  | { readonly kind: "snapshot" }
  | { readonly kind: "rewind" }
  | { readonly kind: "replace" }
  | { readonly kind: "undo" };

export const DELETABLE = [
  "trial",
  "stable set",
  "apex",
  "stable service",
  "canary service",
  "route",
  "pod",
  "rollout",
  "deployment",
] as const;
export type Deletable = (typeof DELETABLE)[number];

export interface Stage {
  readonly world: World;
  /** Seeded, and not the world's own: a history without one deed is the same up to there. */
  readonly random: () => number;
  /** What Git has now: what `restore` puts back. */
  readonly git: { image: string; replicas: number; spec: object };
  readonly policies: FreezePolicies;
  /** Of etcd. */
  readonly backup: { last: Snapshot | undefined };
}

export function perform(deed: Deed, stage: Stage): void {
  const { world, git, random } = stage;
  const { clock } = world;
  switch (deed.kind) {
    case "push":
      git.image = deed.image;
      patch(stage, RESOURCES.deployments, APP, { spec: { template: template(deed.image) } });
      return;
    case "scale":
      git.replicas = deed.replicas;
      patch(stage, RESOURCES.deployments, APP, { spec: { replicas: deed.replicas } });
      return;
    case "resume":
      patch(stage, RESOURCES.deployments, APP, { spec: { paused: null } });
      return;
    case "weights":
      setWeights(stage, deed.canary);
      return;
    case "unpin":
      patch(stage, RESOURCES.services, APP, { spec: { selector: { "pod-template-hash": null } } });
      return;
    case "delete":
      remove(stage, deed.what);
      return;
    case "restore":
      restore(stage);
      return;
    case "intent":
      intend(stage, deed);
      return;
    case "suspend":
      annotate(stage, "rollout", "serin.dev/suspend", deed.on ? "a person" : null);
      return;
    case "edit":
      git.spec = { ...git.spec, ...deed.spec };
      patch(stage, RESOURCES.canaryRollouts, APP, { spec: deed.spec });
      return;
    case "unready":
      unready(stage, deed.pods);
      return;
    case "kill":
      world.kill();
      clock.schedule(deed.forMs, () => world.start());
      return;
    case "outage":
      during(stage, deed.forMs, () => noAnswer("the API server is down"));
      return;
    case "flaky":
      during(stage, deed.forMs, () => (random() < deed.part ? troubled(random) : undefined));
      return;
    case "blind":
      world.feed.disturbance.fault = { reason: "Unreachable", message: "Prometheus does not answer", since: clock.now() };
      clock.schedule(deed.forMs, () => {
        world.feed.disturbance.fault = undefined;
      });
      return;
    case "traffic":
      world.feed.disturbance.requestsPerSecond = deed.requestsPerSecond;
      return;
    case "second":
      world.takeOver(deed);
      return;
    case "clock":
      world.skew[deed.whose] += deed.byMs;
      return;
    case "watches":
      disturbWatches(stage, deed.fault, deed.forMs);
      return;
    case "policies":
      setPolicies(stage.policies, deed.inForce, world);
      return;
    case "snapshot":
      stage.backup.last = world.store.snapshot();
      return;
    case "rewind":
      rewind(stage);
      return;
    case "replace":
      replaceWhole(stage);
      return;
    case "undo":
      undo(world);
      return;
    default:
      deed satisfies never;
  }
}

export function tellDeed(deed: Deed): string {
  const { kind, ...about } = deed;
  const values = Object.entries(about).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `** ${kind} ${values.join(", ")}`.trimEnd();
}

/** etcd is restored from its backup: what was written since is lost, and the versions count on from there. */
function rewind({ world, backup }: Stage): void {
  if (backup.last !== undefined) {
    world.store.rewind(backup.last);
  }
}

/** `kubectl replace`, or a GitOps tool that puts its own in the place of the whole object: pause and annotations of others are gone. */
function replaceWhole({ world, git }: Stage): void {
  if (world.store.find(RESOURCES.deployments, NAMESPACE, APP) !== undefined) {
    world.store.replace(RESOURCES.deployments, NAMESPACE, APP, deployment(git.image, git.replicas));
  }
}

function noAnswer(message: string): ApiError {
  return new ApiError({ kind: "retry", status: 0, reason: "Unreachable", message, verb: "patch", resource: RESOURCES.deployments });
}

/** What a server in trouble, or a proxy before it, answers. */
function troubled(random: () => number): ApiError {
  const about = { message: "in trouble", verb: "patch", resource: RESOURCES.deployments };
  return pick(random, [
    new ApiError({ ...about, kind: "retry", status: 503, reason: "ServiceUnavailable" }),
    new ApiError({ ...about, kind: "wait", status: 429, reason: "TooManyRequests", retryAfterMs: 1_000 }),
    new ApiError({ ...about, kind: "conflict", status: 409, reason: "Conflict" }),
    noAnswer("a broken connection"),
  ]);
}

/** Half of what fails has been done: the answer was lost. */
function during({ world, random }: Stage, ms: number, failure: () => Error | undefined): void {
  const { plan } = world.verbs;
  plan.refuse = () => (random() < 0.5 ? failure() : undefined);
  plan.lose = failure;
  world.clock.schedule(ms, () => {
    plan.refuse = undefined;
    plan.lose = undefined;
  });
}

function disturbWatches({ world: { trouble, clock } }: Stage, fault: WatchFault, forMs: number): void {
  trouble.fault = fault;
  clock.schedule(forMs, () => {
    trouble.fault = undefined;
    for (const relist of [...trouble.healed]) {
      relist();
    }
  });
}

function patch({ world }: Stage, resource: Resource, name: string, body: object): void {
  if (world.store.find(resource, NAMESPACE, name) !== undefined) {
    world.store.patch(resource, NAMESPACE, name, { type: "merge", body });
  }
}

function annotate(stage: Stage, on: "rollout" | "target", name: string, value: string | null): void {
  patch(stage, on === "rollout" ? RESOURCES.canaryRollouts : RESOURCES.deployments, APP, { metadata: { annotations: { [name]: value } } });
}

function intend(stage: Stage, { intent, on, token }: Deed & { kind: "intent" }): void {
  const revision = rolloutOf(stage)?.status?.canary?.revision;
  const value = intent === "restart" ? token : `${revision ?? "zzzz"}#${token}`;
  annotate(stage, on, `serin.dev/${intent}`, value);
}

function rolloutOf({ world }: Stage) {
  return world.store.find(RESOURCES.canaryRollouts, NAMESPACE, APP) as
    | { status?: { canary?: { revision?: string }; stable?: { podTemplateHash?: string } } }
    | undefined;
}

function setWeights(stage: Stage, canary: number): void {
  const route = stage.world.store.find(RESOURCES.httpRoutes, NAMESPACE, APP) as Route | undefined;
  const [rule] = route?.spec.rules ?? [];
  if (rule?.backendRefs?.length !== 2) {
    return;
  }
  const [first, second] = rule.backendRefs;
  const backendRefs = [
    { ...first, weight: 100 - canary },
    { ...second, weight: canary },
  ];
  patch(stage, RESOURCES.httpRoutes, APP, {
    metadata: { annotations: { [BY]: "argocd" } },
    spec: { rules: [{ ...rule, backendRefs }] },
  });
  patch(stage, RESOURCES.httpRoutes, APP, { metadata: { annotations: { [BY]: null } } });
}

function remove(stage: Stage, what: Deletable): void {
  const { world } = stage;
  const sets = world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  const hash = rolloutOf(stage)?.status?.stable?.podTemplateHash;
  const pods = world.store.list(RESOURCES.pods, { namespace: NAMESPACE }).items;
  const found: Record<Deletable, readonly [Resource, string | undefined]> = {
    trial: [RESOURCES.replicaSets, sets.find((set) => set.metadata.labels?.["serin.dev/role"] === "trial")?.metadata.name],
    "stable set": [
      RESOURCES.replicaSets,
      sets.find((set) => set.spec.template.metadata?.labels?.["pod-template-hash"] === hash)?.metadata.name,
    ],
    apex: [RESOURCES.services, APP],
    "stable service": [RESOURCES.services, `${APP}-stable`],
    "canary service": [RESOURCES.services, `${APP}-canary`],
    route: [RESOURCES.httpRoutes, APP],
    pod: [RESOURCES.pods, pick<KubeObject | undefined>(stage.random, pods)?.metadata.name],
    rollout: [RESOURCES.canaryRollouts, APP],
    deployment: [RESOURCES.deployments, APP],
  };
  const [resource, name] = found[what];
  if (name !== undefined && world.store.find(resource, NAMESPACE, name) !== undefined) {
    world.store.delete(resource, NAMESPACE, name, { propagation: "Background" });
  }
}

/** A GitOps tool syncs: what Git has and the cluster lacks is made. */
function restore({ world, git }: Stage): void {
  const wanted: readonly (readonly [Resource, KubeObject])[] = [
    [RESOURCES.services, service()],
    [RESOURCES.deployments, deployment(git.image, git.replicas)],
    [RESOURCES.canaryRollouts, rollout(git.spec)],
  ];
  for (const [resource, object] of wanted) {
    if (world.store.find(resource, NAMESPACE, object.metadata.name) === undefined) {
      world.store.create(resource, NAMESPACE, object);
    }
  }
}

function unready({ world, random }: Stage, count: number): void {
  const pods = world.store.list(RESOURCES.pods, { namespace: NAMESPACE }).items;
  for (let n = 0; n < count && pods.length > 0; n++) {
    const name = pick(random, pods).metadata.name;
    const body = { status: { conditions: [{ type: "Ready", status: "False" }] } };
    world.store.patch(RESOURCES.pods, NAMESPACE, name, { type: "merge", body }, { subresource: "status" });
    world.clock.schedule(20_000, () => {
      if (world.store.find(RESOURCES.pods, NAMESPACE, name) !== undefined) {
        world.store.delete(RESOURCES.pods, NAMESPACE, name);
      }
    });
  }
}
