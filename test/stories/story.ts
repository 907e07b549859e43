/** A release told on virtual time: what Serin wrote, when and why, and what the world looked like then. */
import { expect, onTestFinished } from "vitest";
import type { CanaryRolloutStatus } from "../../src/api/status.ts";
import { type Deployment, type KubeObject, RESOURCES, type ReplicaSet } from "../../src/domain/kube.ts";
import type { Action } from "../../src/engine/types.ts";
import { disturbed, repeats, rewritten, watchInvariants } from "../../src/sim/histories/invariants.ts";
import { createNarrator, weightsOf } from "../../src/sim/histories/narrator.ts";
import { createWorld, NAMESPACE, type World, type WorldOptions } from "../../src/sim/world/world.ts";
import { crds, deployment, rollout, service } from "../support/manifests.ts";

export interface Story {
  readonly world: World;
  /** One line for each write of Serin's. */
  readonly lines: string[];
  /** Writes by kind, since the last `count()`. */
  count(): Record<string, number>;
  status(): CanaryRolloutStatus;
  weights(): string;
  /** Git changes the image. */
  push(image: string): void;
  patch(resource: (typeof RESOURCES)[keyof typeof RESOURCES], name: string, body: object): void;
  annotate(name: string, value: string): void;
  phase(phase: string, limitMs?: number): Promise<void>;
  outcome(outcome: string, limitMs?: number): Promise<void>;
  events(): string[];
  /** From here on the test itself takes pods away: an apex without any is not Serin's doing. */
  disturb(): void;
  set(hashOrRole: string): ReplicaSet | undefined;
  /** Everything that breaks an invariant, so far. */
  readonly broken: string[];
}

export interface StoryOptions extends Partial<WorldOptions> {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly replicas?: number;
  readonly image?: string;
  readonly deployment?: KubeObject;
  /** Left out: the story begins before the controller's process. */
  readonly started?: boolean;
}

/** How Deployments are frozen in this run. */
export const FORM = process.env["SERIN_FREEZE"] === "OnChange" ? "OnChange" : "Always";
/** `spec.paused` of a Deployment while nothing is released. */
export const PAUSED_AT_REST = FORM === "Always" ? true : undefined;

const QUICK = { source: "Proxies" };

export async function tell(options: StoryOptions = {}): Promise<Story> {
  const narrator = createNarrator(() => world);
  const { lines } = narrator;
  let counts: Record<string, number> = {};
  const broken: string[] = [];
  const world: World = createWorld({
    seed: 1,
    crds: crds(),
    freezesOnChange: () => FORM === "OnChange",
    ...options,
    onPlan(plan, again) {
      for (const repeated of repeats(plan, again())) {
        broken.push(`decided again after it was done: ${repeated}`);
      }
      options.onPlan?.(plan, again);
    },
    onAction(action: Action) {
      narrator.onAction(action);
      options.onAction?.(action);
    },
    onWrite(write) {
      const kind = write.resource.plural;
      counts[write.verb === "status" ? "status" : kind] = (counts[write.verb === "status" ? "status" : kind] ?? 0) + 1;
      narrator.onWrite(write);
      options.onWrite?.(write);
    },
  });
  watchInvariants(world, broken);
  onTestFinished(() => expect(broken).toEqual([]));
  const { store } = world;
  store.create(RESOURCES.services, NAMESPACE, service());
  store.create(RESOURCES.deployments, NAMESPACE, options.deployment ?? deployment(options.image ?? "checkout:1", options.replicas ?? 10));
  const analysis = (options.spec?.["analysis"] ?? {}) as object;
  store.create(RESOURCES.canaryRollouts, NAMESPACE, rollout({ ...options.spec, analysis: { ...QUICK, ...analysis } }));
  if (options.started !== false) {
    world.start();
  }

  const story: Story = {
    world,
    lines,
    broken,
    count() {
      const before = counts;
      counts = {};
      return before;
    },
    status: () => world.rollout().status ?? {},
    weights: () => weightsOf(world),
    push(image) {
      narrator.begin();
      const body = {
        spec: { template: { spec: { containers: [{ name: "app", image, ports: [{ name: "http", containerPort: 8080 }] }] } } },
      };
      story.patch(RESOURCES.deployments, "checkout", body);
    },
    patch: (resource, name, body) => void store.patch(resource, NAMESPACE, name, { type: "merge", body }),
    annotate: (name, value) => story.patch(RESOURCES.canaryRollouts, "checkout", { metadata: { annotations: { [name]: value } } }),
    phase: (phase, limitMs) => world.until(`phase ${phase}`, () => story.status().phase === phase, limitMs),
    outcome: (outcome, limitMs) => world.until(`outcome ${outcome}`, () => story.status().history?.[0]?.outcome === outcome, limitMs),
    events: () =>
      store
        .list(RESOURCES.events, { namespace: NAMESPACE })
        .items.map((event) => `${event["reason"]} ${(event["regarding"] as { kind?: string })?.kind}`),
    disturb() {
      disturbed.add(world);
      rewritten.add(world);
    },
    set: (wanted) =>
      (store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[]).find(
        (set) => set.spec.template.metadata?.labels?.["pod-template-hash"] === wanted || set.metadata.labels?.["serin.dev/role"] === wanted,
      ),
  };
  return story;
}

/** Adopted and idle. */
export async function adopted(options: StoryOptions = {}): Promise<Story> {
  const story = await tell(options);
  await story.phase("Ready");
  await story.world.advance(60_000);
  story.count();
  story.lines.length = 0;
  return story;
}

export function deploymentOf(story: Story): Deployment {
  return story.world.store.get(RESOURCES.deployments, NAMESPACE, "checkout") as Deployment;
}
