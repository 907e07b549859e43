/**
 * A whole cluster on virtual time: API server, controller manager, kubelet, mesh and traffic as models, and the real
 * `observe`, `decide` and `act` among them. A history is a function of its seed and of what a test does to it.
 */
import { type Clock, steady } from "../../domain/clock.ts";
import { type KubeObject, RESOURCES, type Verbs } from "../../domain/kube.ts";
import { decide } from "../../engine/decide.ts";
import type { Action, Observed, Plan, RolloutObject } from "../../engine/types.ts";
import type { PodBehaviour } from "../kube/controllers/kubelet/behaviours.ts";
import { createSimulatedRuntime } from "../kube/controllers/kubelet/simulated-runtime.ts";
import { createKubelet } from "../kube/controllers/kubelet.ts";
import { createControllerManager } from "../kube/controllers/manager.ts";
import type { LivePod } from "../kube/controllers/objects.ts";
import { freezePolicies } from "../kube/freeze-policies.ts";
import { seededRandom } from "../kube/random.ts";
import { createStore, type KubeStore } from "../kube/store.ts";
import { storeVerbs } from "../kube/verbs.ts";
import { createVirtualClock, type VirtualClock } from "../virtual-clock.ts";
import { type ControllerProcess, startProcess } from "./controller-process.ts";
import { type FaultyVerbs, faultyVerbs, type Write } from "./faults.ts";
import type { Lag } from "./informed-cache.ts";
import { type Line, openLine, type UnderWay, verbsOver } from "./line.ts";
import { acceptRoutes } from "./policy-controller.ts";
import { type Member, type TakeOver, takeOver } from "./take-over.ts";
import { type Behaviour, createTraffic, type SimulatedFeed } from "./traffic.ts";
import type { WatchTrouble } from "./watch-trouble.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly requestsPerSecond?: number;
  readonly behaviourOf?: (image: string, now: number) => Behaviour;
  readonly podBehaviourOf?: (pod: LivePod) => PodBehaviour;
  /** Another decision than the real one: whoever proves that the invariants can break gives one with a guard switched off. */
  readonly decide?: (observed: Observed) => Plan;
  /** How late the controller's watches are; not at all by default. */
  readonly lag?: Lag;
  /** The admission policies of the install are in force. */
  readonly freezesOnChange?: () => boolean;
  /** What the controller knows of them; the truth by default. */
  readonly knowsFreezePolicies?: () => boolean;
  /** CRDs that are served, as objects. */
  readonly crds: readonly KubeObject[];
  /** Told of every reconcile, for stories and invariants: the plan, and what would be decided right after it was carried out. */
  readonly onPlan?: (plan: Plan, again: () => Plan) => void;
  readonly onAction?: (action: Action) => void;
  readonly onWrite?: (write: Write) => void;
  /** Between the controllers and the API server, to prove that the invariants can break. */
  readonly through?: (verbs: Verbs) => Verbs;
  /** False: watches that were broken miss what happened meanwhile for good. */
  readonly listsAnew?: boolean;
  /** False: what was seen in a later version stands against a list of a server that was restored from a backup. */
  readonly believesLists?: boolean;
  /** False: a process that finds out about it goes on with what it knows. */
  readonly startsAnew?: boolean;
  /** False: a process's wall time goes back where its clock is set back. */
  readonly steady?: boolean;
  /** False: a process that does not hold the lease writes all the same. */
  readonly fence?: boolean;
  /** A write is sent while another process holds the lease. */
  readonly onRivals?: () => void;
}

export interface World {
  readonly clock: VirtualClock;
  readonly store: KubeStore;
  readonly verbs: FaultyVerbs;
  readonly feed: SimulatedFeed;
  /** How often the controller's process was started. */
  readonly starts: number;
  /** Milliseconds by which the wall clocks are off. */
  readonly skew: { controller: number; server: number };
  readonly trouble: WatchTrouble;
  /** Ends the process, as kill -9 does. */
  kill(): void;
  /** Nothing where one runs. */
  start(): void;
  /** A second process beside the one that runs; nothing where none runs, or two do. */
  takeOver(how: TakeOver): void;
  /** The process that runs looks at every rollout, as when the policies come or go. */
  lookAgain(): void;
  advance(ms: number): Promise<void>;
  /** Until it holds, within virtual `limitMs`. */
  until(what: string, holds: () => boolean, limitMs?: number): Promise<void>;
  rollout(name?: string): RolloutObject;
}

export const NAMESPACE = "shop";
const START = Date.UTC(2026, 10, 25, 9);
const READY: PodBehaviour = { kind: "ready", afterMs: 700 };
const GOOD: Behaviour = { failRate: 0.001, latencyMs: 20 };

export function createWorld(options: WorldOptions): World {
  const clock = createVirtualClock(START);
  const random = seededRandom(options.seed);
  const skew = { controller: 0, server: 0 };
  const serverClock: Clock = { ...clock, now: () => clock.now() + skew.server };
  const wallClock: Clock = { ...clock, now: () => clock.now() + skew.controller };
  const processClock = () => (options.steady === false ? wallClock : steady(wallClock));
  let ownClock = processClock();
  const freezesOnChange = options.freezesOnChange ?? (() => false);
  const store = createStore({
    now: serverClock.now,
    seed: options.seed,
    namespaces: [NAMESPACE],
    historyLimit: 0,
    mutate: (kind, next, previous, user) => (freezesOnChange() ? freezePolicies(kind, next, previous, user) : next),
  });
  for (const crd of options.crds) {
    store.create(CRDS, "", crd);
  }
  createControllerManager({ store, clock: serverClock });
  const podBehaviourOf = options.podBehaviourOf ?? (() => READY);
  createKubelet({ store, clock: serverClock, runtime: createSimulatedRuntime({ clock, behaviourOf: podBehaviourOf }) });
  acceptRoutes(store, serverClock);
  const through = options.through ?? ((verbs) => verbs);
  const verbs = faultyVerbs(through(storeVerbs(store)), (write) => options.onWrite?.(write));
  const traffic = {
    store,
    clock: { ...clock, now: () => ownClock.now() },
    random,
    requestsPerSecond: options.requestsPerSecond ?? 100,
    behaviourOf: options.behaviourOf ?? (() => GOOD),
  };
  const feed = createTraffic(traffic);
  const running = new Set<Promise<void>>();
  const underWay: UnderWay = { count: 0 };
  const takeOvers = new Set<Member>();
  const trouble: WatchTrouble = { fault: undefined, healed: new Set() };
  let line = openLine();
  let process: ControllerProcess | undefined;
  let starts = 0;

  function track(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work)).catch(() => {});
  }

  /** A process of its own line, that does not lead yet. */
  function begin(over: Line, ownFeed: SimulatedFeed, instance: string): ControllerProcess {
    return startProcess({
      store,
      clock: ownClock,
      random,
      lag: options.lag ?? (() => 0),
      trouble,
      freezesOnChange: options.knowsFreezePolicies ?? freezesOnChange,
      listsAnew: options.listsAnew,
      believesLists: options.believesLists,
      feed: ownFeed,
      verbs: verbsOver(over, verbs, clock, underWay),
      instance,
      decide: options.decide ?? decide,
      onAction: options.onAction,
      onPlan: options.onPlan,
      onWork: track,
      onKilled() {
        world.kill();
        clock.schedule(RESTART_MS, () => world.start());
      },
      onFailure: (error) => failures.push(error),
      onRewind: (rewound) => options.startsAnew !== false && startAnew(rewound, over),
    });
  }

  /** As the real process does: behind a closed fence, with everything read anew. An elder in a take-over has no time left for it. */
  function startAnew(rewound: ControllerProcess, over: Line): void {
    over.mayWrite = () => false;
    rewound.stop();
    if (process === rewound) {
      world.kill();
      clock.schedule(RESTART_MS, () => world.start());
    }
  }

  const failures: unknown[] = [];
  async function drain(): Promise<void> {
    do {
      while (running.size > underWay.count) {
        await (underWay.count + takeOvers.size === 0 ? Promise.allSettled(running) : turn());
      }
      if (takeOvers.size > 0) {
        await turn();
      }
    } while (running.size > underWay.count);
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  const world: World = {
    clock,
    store,
    verbs,
    feed,
    skew,
    trouble,
    get starts() {
      return starts;
    },
    kill() {
      line.ended = true;
      process?.stop();
      process = undefined;
    },
    start() {
      if (process !== undefined) {
        return;
      }
      starts += 1;
      verbs.revive();
      ownClock = processClock();
      line = openLine();
      process = begin(line, feed, "serin-0");
      process.lead();
    },
    takeOver(how) {
      if (process === undefined || takeOvers.size > 0) {
        return;
      }
      const elder: Member = { process, line, identity: `serin-${starts}` };
      starts += 1;
      line = openLine();
      const identity = `serin-${starts}`;
      ownClock = processClock();
      process = begin(line, createTraffic({ ...traffic, clock: ownClock, disturbance: feed.disturbance }), identity);
      const { onRivals = () => {}, fence = true } = options;
      const lease = { namespace: NAMESPACE, verbs: storeVerbs(store), clock: ownClock, random, underWay, onRivals, fence };
      const end = takeOver(elder, { process, line, identity }, how, lease);
      takeOvers.add(elder);
      clock.schedule(how.forMs, () => {
        end();
        takeOvers.delete(elder);
      });
    },
    lookAgain: () => process?.lookAtAll("the policy that freezes on change"),
    async advance(ms) {
      const end = clock.monotonic() + ms;
      await drain();
      for (let next = clock.nextAt(); next !== undefined && next <= end; next = clock.nextAt()) {
        clock.runNext();
        await drain();
      }
      clock.advance(end - clock.monotonic());
    },
    async until(what, holds, limitMs = 3_600_000) {
      const end = clock.monotonic() + limitMs;
      await drain();
      while (!holds()) {
        const next = clock.nextAt();
        if (next === undefined || next > end) {
          throw new Error(`never: ${what}; ${JSON.stringify(store.list(RESOURCES.canaryRollouts).items.map((item) => item["status"]))}`);
        }
        clock.runNext();
        await drain();
      }
    },
    rollout: (name = "checkout") => store.get(RESOURCES.canaryRollouts, NAMESPACE, name) as RolloutObject,
  };

  return world;
}

const RESTART_MS = 500;
/** Lets every promise go on that time does not hold. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };
