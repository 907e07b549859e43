/** The invariants of the design, looked at after every change of the world. */

import { REASON } from "../../api/reasons.ts";
import { type Deployment, type EndpointSlice, RESOURCES, type ReplicaSet, type Route, type Service } from "../../domain/kube.ts";
import { meaningChanged } from "../../engine/settle.ts";
import type { Action, Plan, RolloutObject } from "../../engine/types.ts";
import { readyAddresses } from "../../traffic/endpoints.ts";
import { sameTemplate } from "../../workload/template.ts";
import { NAMESPACE, type World } from "../world/world.ts";
import { speedIsKept } from "./speed.ts";

/** `late`: the controller's watches are, so that a pod may fall while its weight is raised. */
export function watchInvariants(world: World, broken: string[], late = false): void {
  const seen = new Set<string>();
  const say = (what: string) => {
    const text = `${(world.clock.monotonic() / 1000).toFixed(1)}s ${what}`;
    if (!seen.has(what)) {
      seen.add(what);
      broken.push(text);
    }
  };
  world.store.subscribe(({ resource, object, previous, type }) => {
    if (resource.plural === "httproutes" && type !== "DELETED" && !rewritten.has(world)) {
      weightsArePaired(object as Route, say);
      exposureIsCommitted(world, object as Route, late, say);
    }
    if (resource.plural === "httproutes") {
      const theirs = [object, previous].some((route) => route !== undefined && !byUs(route as Route));
      raised[theirs ? "add" : "delete"](world);
    }
    if (resource.plural === "canaryrollouts") {
      kstatusReads(object as RolloutObject, say);
      if ((previous as RolloutObject | undefined)?.status?.canary?.outcome === undefined) {
        cutBeforeSaid(world, object as RolloutObject, say);
      }
      decidedOnce(object as RolloutObject, say);
      speedIsKept(world, object as RolloutObject, previous as RolloutObject | undefined, say);
      // What a person writes while no controller runs says nothing of what was told before.
      if (!late && (object as RolloutObject).status !== (previous as RolloutObject | undefined)?.status) {
        readyIsReleased(world, object as RolloutObject, say);
      }
    }
    stableServes(world, say);
  });
  world.store.onRewind(() => {
    const route = world.store.find(RESOURCES.httpRoutes, NAMESPACE, "checkout") as Route | undefined;
    exposures.set(world, route === undefined ? 0 : canaryPercent(route));
  });
}

/** What a plan did is done: decided right after it, nothing of it comes again. */
export function repeats(plan: Plan, next: Plan): string[] {
  const done = new Set([...plan.lower, ...plan.raise].map(essence));
  const actions = [...next.lower, ...next.raise].filter((action) => done.has(essence(action))).map(essence);
  const said = plan.status !== undefined && next.status !== undefined && !meaningChanged(plan.status, next.status);
  return [...actions, ...(said ? [`status ${next.status?.phase}: ${next.status?.message}`] : [])];
}

function essence(action: Action): string {
  return JSON.stringify(action, (key, value: unknown) => (key === "resourceVersion" || key === "why" ? undefined : value));
}

/** As kstatus reads conditions; their texts hold nothing that moves by itself. */
function kstatusReads({ metadata, status }: RolloutObject, say: (what: string) => void): void {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) {
    return;
  }
  const of = (type: string) => conditions.find((condition) => condition.type === type);
  const [ready, reconciling, stalled] = ["Ready", "Reconciling", "Stalled"].map((type) => of(type)?.status);
  if (ready === undefined || (reconciling === "True" && stalled === "True")) {
    say(`kstatus: Ready ${ready}, Reconciling ${reconciling}, Stalled ${stalled} in phase ${status?.phase}`);
  }
  if (ready === "True" && (reconciling ?? stalled) !== undefined) {
    say(`kstatus: Ready, and yet Reconciling ${reconciling}, Stalled ${stalled}`);
  }
  for (const { type, observedGeneration, message } of conditions) {
    if (observedGeneration === undefined || observedGeneration > (metadata.generation ?? 1)) {
      say(`condition ${type} about generation ${observedGeneration}`);
    }
    if (/\d+ (of|\/) \d+|\d\d:\d\d|\d+\.\d+ ?%/.test(message)) {
      say(`condition ${type} carries figures: ${message}`);
    }
  }
}

/** Words come after the deed: a release that is told as rolled back reaches nobody any more. */
function cutBeforeSaid(world: World, { metadata, status }: RolloutObject, say: (what: string) => void): void {
  const { canary } = status ?? {};
  const failed = canary?.outcome === "RolledBack" || canary?.outcome === "Stopped";
  if (!failed || canary.reason === REASON.LatencyFailed) {
    return;
  }
  const route = world.store.find(RESOURCES.httpRoutes, NAMESPACE, metadata.name) as Route | undefined;
  const weight = route === undefined ? 0 : canaryPercent(route);
  const reaches = serviceOf(world, "checkout-canary")?.spec.selector?.["pod-template-hash"] === canary.revision;
  if (weight > 0 && reaches && !raised.has(world)) {
    say(`told as ${canary.outcome === "Stopped" ? "stopped" : "rolled back"} (${canary.reason}) with weight ${weight}`);
  }
}

/** Worlds whose route was written last by somebody else: Serin may not have seen it yet. */
const raised = new WeakSet<World>();

function serviceOf(world: World, name: string): Service | undefined {
  return world.store.find(RESOURCES.services, NAMESPACE, name) as Service | undefined;
}

/** Ready is only said where what the Deployment asks for is what runs (but for a rollout that is Detached). */
function readyIsReleased(
  world: World,
  { metadata, spec, status }: RolloutObject & { readonly spec?: unknown },
  say: (what: string) => void,
): void {
  const ready = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  const target = status?.managed?.deployment;
  const deployment =
    target === undefined ? undefined : (world.store.find(RESOURCES.deployments, NAMESPACE, target) as Deployment | undefined);
  if (
    ready !== true ||
    deployment === undefined ||
    (spec as { health?: string }).health === "Detached" ||
    metadata.deletionTimestamp !== undefined
  ) {
    return;
  }
  const sets = world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  const stable = sets.find((set) => set.spec.template.metadata?.labels?.["pod-template-hash"] === status?.stable?.podTemplateHash);
  if (stable !== undefined && !sameTemplate(stable.spec.template, deployment.spec.template)) {
    say(`Ready in phase ${status?.phase} while the Deployment asks for another template`);
  }
}

function decidedOnce({ status }: RolloutObject, say: (what: string) => void): void {
  const told = (status?.history ?? []).map(
    ({ revision, startedAt, outcome }) => `${revision} of ${startedAt}${outcome === "Shipped" ? " shipped" : ""}`,
  );
  for (const release of told.filter((one, index) => told.indexOf(one) !== index)) {
    say(`decided twice: ${release}`);
  }
}

function weightsArePaired(route: Route, say: (what: string) => void): void {
  const refs = route.spec.rules?.[0]?.backendRefs ?? [];
  const weights = refs.map((ref) => ref.weight ?? 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (refs.length !== 2) {
    say(`a lone backendRef: ${refs.map((ref) => ref.name)}`);
  }
  if (sum !== 100 && sum !== 1000) {
    say(`weights ${weights.join("/")} do not come to 100 or 1000`);
  }
}

function canaryPercent(route: Route): number {
  const [stable = 0, canary = 0] = route.spec.rules?.[0]?.backendRefs?.map((ref) => ref.weight ?? 1) ?? [];
  return canary === 0 ? 0 : (100 * canary) / (stable + canary);
}

/** The canary's weight never exceeds what the stored status allows, and never goes to a version without ready pods. */
function exposureIsCommitted(world: World, route: Route, late: boolean, say: (what: string) => void): void {
  const canary = canaryPercent(route);
  const rollout = world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") as
    | { status?: { traffic?: { weight?: string } } }
    | undefined;
  const allowed = Number.parseFloat(rollout?.status?.traffic?.weight ?? "0");
  const before = exposures.get(world) ?? 0;
  exposures.set(world, canary);
  if (canary <= before) {
    return;
  }
  if (canary > allowed && byUs(route)) {
    say(`weight ${canary} written, ${allowed} committed`);
  }
  const slices = world.store.list(RESOURCES.endpointSlices, { namespace: NAMESPACE }).items as readonly EndpointSlice[];
  if (!late && byUs(route) && readyAddresses(slices, "checkout-canary").length === 0) {
    say(`weight ${canary} to a canary without ready endpoints`);
  }
}

const exposures = new WeakMap<World, number>();

/** Who plays a GitOps tool marks what it writes. */
export const BY = "test/by";

function byUs(route: Route): boolean {
  return route.metadata.annotations?.[BY] === undefined;
}

/** Somebody answers: while a split is in force stable's Service has endpoints wherever it has weight, and the apex always. */
function stableServes(world: World, say: (what: string) => void): void {
  if (disturbed.has(world)) {
    return;
  }
  const deployment = world.store.find(RESOURCES.deployments, NAMESPACE, "checkout") as Deployment | undefined;
  const apex = serviceOf(world, "checkout");
  const sets = world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
  const wanted = deployment?.spec.replicas ?? 0;
  if (deployment === undefined || apex === undefined || wanted === 0 || !adoptedOnce(world)) {
    return;
  }
  const selector = apex.spec.selector?.["pod-template-hash"];
  const serving = sets.filter((set) => selector === undefined || set.spec.template.metadata?.labels?.["pod-template-hash"] === selector);
  const ready = serving.reduce((sum, set) => sum + Math.min(set.status?.readyReplicas ?? 0, set.spec.replicas ?? 0), 0);
  if (ready === 0) {
    say(`the apex Service selects no ready pod (pin ${selector})`);
  }
}

/** Worlds where somebody takes pods away, or no controller answers to what others do: only the end is looked at there. */
export const disturbed = new WeakSet<World>();

/** Worlds where somebody writes other backends into the route. */
export const rewritten = new WeakSet<World>();

function adoptedOnce(world: World): boolean {
  const rollout = world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout") as { status?: { stable?: object } } | undefined;
  return rollout?.status?.stable !== undefined;
}
