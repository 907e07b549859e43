/** The invariants can break: with each guard switched off, a seed is found that tells so. */
import { describe, expect, test } from "vitest";
import { RESOURCES, type Verbs } from "../../src/domain/kube.ts";
import { decide } from "../../src/engine/decide.ts";
import type { Action, Observed, Plan } from "../../src/engine/types.ts";
import { drawPlot, type Happening } from "../../src/sim/histories/draw.ts";
import { playHistory, type Switches } from "../../src/sim/histories/play.ts";
import { seededRandom } from "../../src/sim/kube/random.ts";
import { SERVICE_NAME } from "../../src/traffic/endpoints.ts";
import { crds } from "../support/manifests.ts";

const served = crds();
const SEEDS = 100;
/** What needs two things at one moment. */
const MORE_SEEDS = 150;

type Switched = (plan: Plan, observed: Observed) => Plan;

/** What is switched off, and what an invariant says of it then. */
const GUARDS: readonly (readonly [string, RegExp, Switched])[] = [
  ["a raise waits for its commit", /written, .* committed/, (plan) => (raises(plan) ? { ...plan, status: undefined } : plan)],
  [
    "the route goes before the words",
    /told as rolled back/,
    (plan) => (plan.status?.canary?.outcome === "RolledBack" ? { ...plan, lower: [] } : plan),
  ],
  ["the weights come to 100", /do not come to 100/, (plan) => ({ ...plan, raise: plan.raise.map(oneMore) })],
  ["both backends stay", /a lone backendRef/, (plan) => ({ ...plan, raise: plan.raise.map(loneBackend) })],
  ["no weight without ready endpoints", /without ready endpoints/, (_plan, observed) => decide(allReady(observed))],
  [
    "what was done is not done again",
    /decided again/,
    (plan, { rollout }) => ({ ...plan, raise: [...plan.raise, touch(rollout.metadata.name)] }),
  ],
  ["every release ends", /long after still/, (plan) => (plan.view.phase === "RollingBack" ? { ...plan, raise: [] } : plan)],
  ["nothing is left", /Ready, left: /, (plan) => (plan.view.phase === "RollingBack" ? { ...ready(plan), raise: [] } : plan)],
  ["the user's own stays", /the user's own/, (plan) => ({ ...plan, raise: plan.raise.map(takeOwner) })],
  ["a release is decided once", /decided twice/, (plan) => twice(plan)],
  ["failures count", /v4-bad was promoted/, (_plan, observed) => decide(withoutFailures(observed))],
  ["Ready is only said of what runs", /Ready in phase/, (plan) => ready(plan)],
  ["Reconciling and Stalled exclude each other", /kstatus: Ready/, (plan) => both(plan)],
];

describe.each(GUARDS)("%s", (_, words, off) => {
  test(`or one of ${SEEDS} seeds tells`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const plot = { ...drawPlot(seed), lags: [0, 0, 0, 0, 0, 0, 0, 0] };
      const { broken } = await playHistory(plot, served, { decide: (observed) => off(decide(observed), observed) });
      if (broken.some((what) => words.test(what))) {
        return;
      }
    }
    expect.unreachable(`no seed of ${SEEDS} says ${words}`);
  }, 120_000);
});

/** What is switched off between the processes and their world, and the deeds in which it matters. */
const LINKS: readonly (readonly [string, RegExp, Switches, (seed: number) => readonly Happening[]])[] = [
  ["only who holds the lease writes", /another process holds the lease/, { fence: false }, (seed) => twoAtOnce(seed, true)],
  ["a status is written over what was read", /was left after/, { through: blindStatus }, (seed) => twoAtOnce(seed, false)],
  ["a raise is for the route that was read", /written, 0 committed/, { through: blindRaise }, (seed) => twoAtOnce(seed, false)],
  ["who missed something lists anew", /long after still|left: |Ready in phase|v4-bad had/, { listsAnew: false }, brokenWatches],
  ["a list of a restored server is believed", /long after still|left: |livelock|v4-bad had/, { believesLists: false }, restored],
  ["what is and what never was are not mixed", /long after still|left: |livelock/, { startsAnew: false }, restored],
  ["a clock that is set back confuses nobody", /v4-bad had|long after still|decided again/, { steady: false }, clockSteps],
];

describe.each(LINKS)("%s", (_, words, switches, happeningsOf) => {
  test("or a seed tells", async () => {
    for (let seed = 1; seed <= MORE_SEEDS; seed++) {
      const plot = { ...drawPlot(seed), happenings: happeningsOf(seed) };
      const { broken } = await playHistory(plot, served, switches);
      if (broken.some((what) => words.test(what))) {
        return;
      }
    }
    expect.unreachable(`no seed of ${MORE_SEEDS} says ${words}`);
  }, 120_000);
});

/** A release is aborted while two processes act on it. */
function twoAtOnce(seed: number, elected: boolean): readonly Happening[] {
  const random = seededRandom(seed * 77);
  const at = 4_000 + Math.floor(random() * 20_000);
  const deaf = random() < 0.5;
  const abort = { kind: "intent", intent: "abort", on: "rollout", token: "1" } as const;
  return [
    { at: 1_000, deed: { kind: "push", image: "v2-good" } },
    { at, deed: { kind: "second", forMs: 60_000, underWayMs: 9_000, deaf, elected } },
    { at: at + 1_000 + Math.floor(random() * 40_000), deed: abort },
  ];
}

function brokenWatches(seed: number): readonly Happening[] {
  const at = 2_000 + Math.floor(seededRandom(seed)() * 60_000);
  return [
    { at: 1_000, deed: { kind: "push", image: "v2-good" } },
    { at, deed: { kind: "watches", fault: "break", forMs: 20_000 } },
  ];
}

/** etcd is restored from a backup in a release, with what came of it lost. */
function restored(seed: number): readonly Happening[] {
  const random = seededRandom(seed * 13);
  const at = 2_000 + Math.floor(random() * 100_000);
  return [
    { at: 1_000, deed: { kind: "push", image: random() < 0.5 ? "v2-good" : "v4-bad" } },
    { at, deed: { kind: "snapshot" } },
    { at: at + 1_000 + Math.floor(random() * 60_000), deed: { kind: "rewind" } },
  ];
}

/** A release is over, the controller's clock is set back by hours, a bad one follows at once; later the clock is put right. */
function clockSteps(seed: number): readonly Happening[] {
  const random = seededRandom(seed * 17);
  const byMs = 3 * 3_600_000;
  const at = 60_000 + Math.floor(random() * 60_000);
  return [
    { at: 1_000, deed: { kind: "push", image: "v2-good" } },
    { at, deed: { kind: "clock", whose: "controller", byMs: -byMs } },
    { at: at + 5_000 + Math.floor(random() * 40_000), deed: { kind: "push", image: "v4-bad" } },
    { at: at + 90_000, deed: { kind: "clock", whose: "controller", byMs } },
  ];
}

function blindStatus(verbs: Verbs): Verbs {
  return {
    ...verbs,
    patchStatus: (resource, namespace, name, patch) => verbs.patchStatus(resource, namespace, name, { ...patch, metadata: {} }),
  };
}

function blindRaise(verbs: Verbs): Verbs {
  return {
    ...verbs,
    jsonPatch(resource, namespace, name, operations) {
      const blind = operations.filter(({ path }) => path !== "/metadata/resourceVersion");
      return verbs.jsonPatch(resource, namespace, name, resource === RESOURCES.httpRoutes ? blind : operations);
    },
  };
}

function raises({ raise }: Plan): boolean {
  return raise.some((action) => action.type === "jsonPatch" && action.resource === RESOURCES.httpRoutes);
}

function onRoute(action: Action, change: (operations: readonly unknown[]) => readonly unknown[]): Action {
  return action.type === "jsonPatch" && action.resource === RESOURCES.httpRoutes
    ? ({ ...action, operations: change(action.operations) } as Action)
    : action;
}

function oneMore(action: Action): Action {
  return onRoute(action, (operations) =>
    operations.map((operation) => {
      const { path, value } = operation as { path: string; value: unknown };
      return path.endsWith("/weight") ? { ...(operation as object), value: Number(value) + 1 } : operation;
    }),
  );
}

function loneBackend(action: Action): Action {
  return onRoute(action, (operations) => [...operations, { op: "remove", path: "/spec/rules/0/backendRefs/0" }]);
}

function allReady(observed: Observed): Observed {
  const sets = observed.sets.map((set) => {
    const n = set.spec.replicas ?? 1;
    return { ...set, status: { ...set.status, replicas: n, readyReplicas: n, availableReplicas: n } };
  });
  const hash = observed.services.canary?.spec.selector?.["pod-template-hash"];
  const pods = (observed.pods ?? []).filter(({ metadata }) => metadata.labels?.["pod-template-hash"] === hash);
  const endpoints = pods.map(({ metadata: { name, uid } }) => ({ addresses: ["10.0.0.1"], targetRef: { name, ...(uid && { uid }) } }));
  const isCanarys = ({ metadata }: Observed["slices"][number]) => metadata.labels?.[SERVICE_NAME]?.endsWith("-canary");
  const slices = observed.slices.map((slice) => (isCanarys(slice) ? { ...slice, endpoints } : slice));
  return { ...observed, sets, slices };
}

function touch(name: string): Action {
  return { type: "mergePatch", resource: RESOURCES.services, name, patch: { metadata: { annotations: { seen: "yes" } } }, why: "again" };
}

function takeOwner(action: Action): Action {
  return action.type === "mergePatch" && action.resource === RESOURCES.deployments
    ? { ...action, patch: { ...action.patch, metadata: { annotations: { "example.org/owner": null } } } }
    : action;
}

function twice(plan: Plan): Plan {
  const [latest] = plan.status?.history ?? [];
  return plan.status === undefined || latest === undefined ? plan : { ...plan, status: { ...plan.status, history: [latest, latest] } };
}

function withoutFailures(observed: Observed): Observed {
  const { samples } = observed;
  const scrapes = samples.scrapes.map((scrape) => ({ ...scrape, canary: { ...scrape.canary, failures: 0, clientOnly: 0 } }));
  return { ...observed, samples: { ...samples, scrapes } };
}

function ready(plan: Plan): Plan {
  const status = plan.status ?? plan.view;
  const conditions = status.conditions?.filter(({ type }) => type !== "Reconciling" && type !== "Stalled") ?? [];
  const told = conditions.map((one) => (one.type === "Ready" ? { ...one, status: "True" as const } : one));
  return { ...plan, status: { ...status, phase: "Ready", conditions: told } };
}

function both(plan: Plan): Plan {
  const [first] = plan.status?.conditions ?? [];
  if (plan.status === undefined || first === undefined) {
    return plan;
  }
  const more = (["Reconciling", "Stalled"] as const).map((type) => ({ ...first, type, status: "True" as const }));
  return { ...plan, status: { ...plan.status, conditions: [first, ...more] } };
}
