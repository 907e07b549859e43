/** Plays one plot on virtual time: the real observe, decide and act in a modelled world, and every invariant on the way. */
import { type KubeObject, RESOURCES } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { seededRandom } from "../kube/random.ts";
import type { Lag } from "../world/informed-cache.ts";
import { createWorld, NAMESPACE, type World, type WorldOptions } from "../world/world.ts";
import { behaviourOf, deployment, FIRST, podBehaviourOf, rollout, service } from "./cast.ts";
import { type Deed, perform, type Stage, tellDeed } from "./deeds.ts";
import { LAGGED, type Plot } from "./draw.ts";
import { whoServes, wrongEndings, wronglyPromoted } from "./ending.ts";
import { watchExposureTime } from "./exposure-time.ts";
import { disturbed, repeats, watchInvariants } from "./invariants.ts";
import { createNarrator, weightsOf } from "./narrator.ts";
import { watchRest } from "./rest.ts";

export interface History {
  readonly plot: Plot;
  /** What broke, in words; empty: all is well. */
  readonly broken: readonly string[];
  readonly lines: readonly string[];
  /** Outcomes of its releases, the oldest first. */
  readonly outcomes: readonly string[];
}

/** After the last deed and fault: longer than every time-out of the plots. */
const QUIET_MS = 20 * 60_000;
const LONGEST_FAULT_MS = 200_000;
const ADOPTION_MS = 30_000;
const LOOK_MS = 30_000;

/** After these somebody acts on what is not so any more. */
const LATE: ReadonlySet<Deed["kind"]> = new Set(["second", "watches", "rewind"]);

/** What is switched off, to prove that the invariants can break. */
export type Switches = Pick<WorldOptions, "decide" | "through" | "listsAnew" | "believesLists" | "startsAnew" | "steady" | "fence">;

export async function playHistory(plot: Plot, crds: readonly KubeObject[], switches: Switches = {}): Promise<History> {
  const broken: string[] = [];
  const late = plot.lags.some((lag) => lag > 0) || plot.happenings.some(({ deed }) => LATE.has(deed.kind));
  const policies = { inForce: plot.freezesOnChange === true, known: plot.freezesOnChange === true };
  const narrator = createNarrator(() => world);
  const world: World = createWorld({
    seed: plot.seed,
    crds,
    ...switches,
    freezesOnChange: () => policies.inForce,
    knowsFreezePolicies: () => policies.known,
    onRivals: () => broken.push(`${(world.clock.monotonic() / 1000).toFixed(1)}s a write is sent while another process holds the lease`),
    requestsPerSecond: plot.requestsPerSecond,
    behaviourOf,
    podBehaviourOf: (pod) => podBehaviourOf(pod.spec.containers[0]?.image),
    lag: lagOf(plot),
    onAction: narrator.onAction,
    onWrite: narrator.onWrite,
    onPlan(plan, again) {
      const does = plan.status !== undefined || plan.lower.length + plan.raise.length > 0;
      if (!late && does) {
        broken.push(...repeats(plan, again()).map((what) => `decided again after it was done: ${what}`));
      }
    },
  });
  disturbed.add(world);
  watchInvariants(world, broken, late);
  const exposure = watchExposureTime(plot, (what) => broken.push(what));
  const promoted = new Set<string>();
  const expose = () =>
    exposure.note(statusOf(world)?.canary?.images?.[0], Number(weightsOf(world).split("/")[1] ?? 0), world.clock.monotonic());
  world.store.onRewind(expose);
  world.store.subscribe(({ resource, object, previous }) => {
    if (resource.plural === RESOURCES.httpRoutes.plural) {
      expose();
    }
    const [latest, before] = [object, previous].map((one) => (one as Partial<RolloutObject> | undefined)?.status?.history?.[0]);
    if (latest?.outcome === "Promoted" && latest.finishedAt !== before?.finishedAt) {
      promoted.add((object as RolloutObject).status?.stable?.images?.[0] ?? "");
    }
  });
  const git = { image: FIRST, replicas: plot.replicas, spec: plot.spec };
  const stage: Stage = { world, random: seededRandom(plot.seed + 1), git, policies, backup: { last: undefined } };
  try {
    await play(plot, stage, (deed) => narrator.say(tellDeed(deed)));
    exposure.note(undefined, 0, world.clock.monotonic());
    broken.push(...wrongEndings(stage), ...wronglyPromoted(plot, [...promoted]));
  } catch (error) {
    broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  narrator.say(
    `at the end: ${whoServes(world)}; ${JSON.stringify(statusOf(world)?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`))}`,
  );
  const outcomes = (statusOf(world)?.history ?? []).map(({ outcome }) => outcome).reverse();
  return { plot, broken, lines: narrator.lines, outcomes };
}

async function play(plot: Plot, stage: Stage, tell: (deed: Deed) => void): Promise<void> {
  const { world } = stage;
  world.store.create(RESOURCES.services, NAMESPACE, service());
  world.store.create(RESOURCES.deployments, NAMESPACE, deployment(FIRST, plot.replicas));
  world.store.create(RESOURCES.canaryRollouts, NAMESPACE, rollout(plot.spec));
  world.start();
  await world.advance(ADOPTION_MS);
  let passed = 0;
  for (const { at, deed } of plot.happenings) {
    await world.advance(at - passed);
    passed = at;
    tell(deed);
    perform(deed, stage);
  }
  await world.advance(LONGEST_FAULT_MS);
  perform({ kind: "traffic", requestsPerSecond: 100 }, stage);
  const isAtRest = watchRest(world);
  const quietMs = QUIET_MS + Math.max(0, -world.skew.controller);
  for (let passedMs = 0; passedMs < quietMs && (inFull(plot) || !isAtRest()); passedMs += LOOK_MS) {
    await world.advance(Math.min(LOOK_MS, quietMs - passedMs));
  }
}

/** Now and then the whole quiet is waited for, so that nobody relies on what is taken for rest. */
function inFull({ seed }: Plot): boolean {
  return seed % 4 === 0;
}

function lagOf({ lags }: Plot): Lag {
  return (resource) => lags[LAGGED.indexOf(resource)] ?? 0;
}

function statusOf(world: World) {
  return (world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") as ReturnType<World["rollout"]> | undefined)?.status;
}
