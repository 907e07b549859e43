/** A plot from a seed: the size, the steps, the lags, and what happens when. */
import type { Watched } from "../../controller/concerns.ts";
import { pick, seededRandom } from "../kube/random.ts";
import { FIRST, IMAGES } from "./cast.ts";
import { DELETABLE, type Deed } from "./deeds.ts";

export interface Happening {
  /** Milliseconds after the rollout was adopted. */
  readonly at: number;
  readonly deed: Deed;
}

export interface Plot {
  readonly seed: number;
  readonly replicas: number;
  readonly spec: object;
  readonly requestsPerSecond: number;
  /** Milliseconds by which the controller's watches are late, by kind, in the order of `LAGGED`. */
  readonly lags: readonly number[];
  /** The API server freezes on change; absent: Serin does, always. */
  readonly freezesOnChange?: boolean;
  readonly happenings: readonly Happening[];
}

type Random = () => number;

/** Releases in it take a minute or two; everything happens within six, most of it while one is under way. */
const SPAN_MS = 6 * 60_000;

/** Whose watches may be late in a history. New ones at the end, or every seed tells another story. */
export const LAGGED: readonly (Watched | "pods")[] = [
  "canaryRollouts",
  "deployments",
  "replicaSets",
  "services",
  "endpointSlices",
  "httpRoutes",
  "grpcRoutes",
  "pods",
];

export function drawPlot(seed: number): Plot {
  const random = seededRandom(seed * 2_654_435_761);
  const count = 1 + Math.floor(random() * 7);
  const happenings = Array.from({ length: count }, () => ({ at: Math.floor(random() * SPAN_MS), deed: drawDeed(random) }));
  const first: Happening = { at: 1_000, deed: { kind: "push", image: image(random) } };
  return {
    seed,
    replicas: pick(random, [1, 2, 4, 5, 10]),
    spec: freezesAlways(seed) ? withFreeze(drawSpec(random), "Always") : drawSpec(random),
    requestsPerSecond: pick(random, [5, 50, 200]),
    lags: drawLags(random),
    freezesOnChange: seed % 2 === 0,
    happenings: [first, ...happenings, ...drawFreezeHappenings(seed), ...drawRestorations(seed), ...drawClockSteps(seed)].sort(
      (a, b) => a.at - b.at,
    ),
  };
}

/** Always, although the policies of the install are in force. */
function freezesAlways(seed: number): boolean {
  return seed % 8 === 2;
}

function withFreeze(spec: ReturnType<typeof drawSpec>, freeze: "OnChange" | "Always"): object {
  return { ...spec, strategy: { ...spec.strategy, freeze } };
}

/** What touches the freeze itself, of a stream of its own: in a part of the plots a tool replaces or undoes, or the policies come and go. */
function drawFreezeHappenings(seed: number): readonly Happening[] {
  const random = seededRandom(seed + 1_000_003);
  const at = () => Math.floor(random() * SPAN_MS);
  switch (seed % 8) {
    case 2:
    case 5:
    case 6:
      return [1, 2].map(() => ({ at: at(), deed: { kind: pick(random, ["replace", "undo"] as const) } }));
    case 4: {
      const comesAndGoes = [false, true, random() < 0.5].map((inForce) => ({ at: at(), inForce })).sort((a, b) => a.at - b.at);
      return comesAndGoes.map(({ at, inForce }) => ({ at, deed: { kind: "policies", inForce } }));
    }
    default:
      return [];
  }
}

/** In a part of the plots etcd is restored from a backup, of a stream of its own too: once or twice, to the same backup or another. */
function drawRestorations(seed: number): readonly Happening[] {
  const random = seededRandom(seed + 2_000_003);
  if (seed % 8 !== 7) {
    return [];
  }
  return Array.from({ length: pick(random, [1, 1, 2]) }, () => {
    const at = Math.floor(random() * SPAN_MS);
    const lostMs = pick(random, [200, 2_000, 10_000, 30_000, 90_000]);
    return [
      { at, deed: { kind: "snapshot" } as const },
      { at: at + lostMs, deed: { kind: "rewind" } as const },
    ];
  }).flat();
}

/** In another part the wall clocks are set by hours and back, or not back; of a stream of its own too. */
function drawClockSteps(seed: number): readonly Happening[] {
  const random = seededRandom(seed + 3_000_017);
  if (seed % 8 !== 1) {
    return [];
  }
  const hour = 3_600_000;
  const whose = pick(random, ["controller", "controller", "server"] as const);
  const steps = pick(random, [[2 * hour, -2 * hour], [-3 * hour, 3 * hour], [-6 * hour], [6 * hour]]);
  return steps.map((byMs, index) => ({
    at: Math.floor(((random() + index) * SPAN_MS) / steps.length),
    deed: { kind: "clock", whose, byMs },
  }));
}

/** Some things are only asked where nothing is late. */
function drawLags(random: Random): readonly number[] {
  const prompt = random() < 0.25;
  return Array.from({ length: LAGGED.length }, () => (prompt ? 0 : pick(random, [0, 0, 5, 80, 900])));
}

function drawSpec(random: Random) {
  const weights = pick(random, [[5, 50], [1, 20, 50], [50], [100], [20, 20, 80]]);
  const approval = random() < 0.15;
  return {
    strategy: {
      steps: weights.map((weight) => ({
        weight,
        minDuration: pick(random, ["5s", "15s", "30s"]),
        maxDuration: "2m",
        onInconclusive: pick(random, ["Hold", "Advance", "Rollback"]),
        ...(approval ? { approval } : {}),
      })),
      bake: pick(random, ["5s", "30s"]),
      maxUnready: pick(random, [0, 0, 1]),
      deadline: "15m",
    },
    canary: {
      replicas: pick(random, ["Proportional", "Proportional", "Full", 2]),
      readyTimeout: "2m",
      scaleDownDelay: pick(random, ["0s", "30s"]),
    },
    analysis: {
      source: "Proxies",
      interval: pick(random, ["2s", "5s", "10s"]),
      onError: pick(random, ["Hold", "Rollback"]),
      errorTimeout: "2m",
    },
    deletionPolicy: pick(random, ["Unfreeze", "Unfreeze", "Resume"]),
  };
}

function image(random: Random): string {
  return pick(random, Object.keys(IMAGES));
}

function drawDeed(random: Random): Deed {
  return pick(random, DEEDS)(random);
}

const intent = (random: Random): Deed => ({
  kind: "intent",
  intent: pick(random, ["promote", "promote", "abort", "retry", "restart"]),
  on: pick(random, ["rollout", "target"]),
  token: String(Math.floor(random() * 1e6)),
});

const second = (random: Random): Deed => ({
  kind: "second",
  forMs: pick(random, [5_000, 40_000, 120_000]),
  underWayMs: pick(random, [0, 500, 9_000]),
  deaf: random() < 0.5,
  elected: random() < 0.5,
});

/** What is in it twice happens twice as often. */
const DEEDS: readonly ((random: Random) => Deed)[] = [
  (random) => ({ kind: "push", image: image(random) }),
  (random) => ({ kind: "push", image: image(random) }),
  () => ({ kind: "push", image: FIRST }),
  (random) => ({ kind: "scale", replicas: pick(random, [0, 1, 3, 6, 12]) }),
  () => ({ kind: "resume" }),
  (random) => ({ kind: "weights", canary: pick(random, [0, 30, 90]) }),
  () => ({ kind: "unpin" }),
  (random) => ({ kind: "delete", what: pick(random, DELETABLE) }),
  (random) => ({ kind: "delete", what: pick(random, DELETABLE) }),
  () => ({ kind: "restore" }),
  intent,
  intent,
  (random) => ({ kind: "suspend", on: random() < 0.6 }),
  (random) => ({ kind: "edit", spec: drawSpec(random) }),
  (random) => ({ kind: "unready", pods: pick(random, [1, 2, 6]) }),
  (random) => ({ kind: "kill", forMs: pick(random, [0, 500, 30_000, 120_000]) }),
  (random) => ({ kind: "kill", forMs: pick(random, [0, 500, 30_000, 120_000]) }),
  (random) => ({ kind: "outage", forMs: pick(random, [1_000, 30_000, 120_000]) }),
  (random) => ({ kind: "flaky", forMs: pick(random, [30_000, 120_000]), part: pick(random, [0.1, 0.5]) }),
  (random) => ({ kind: "blind", forMs: pick(random, [5_000, 60_000, 200_000]) }),
  (random) => ({ kind: "traffic", requestsPerSecond: pick(random, [0, 2, 100]) }),
  second,
  second,
  (random) => ({
    kind: "clock",
    whose: pick(random, ["controller", "controller", "server"]),
    byMs: pick(random, [-3_600_000, -300_000, -20_000, 20_000, 300_000, 3_600_000]),
  }),
  (random) => ({ kind: "watches", fault: pick(random, ["break", "repeat", "shuffle"]), forMs: pick(random, [5_000, 60_000]) }),
];
