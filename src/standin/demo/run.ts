/**
 * `serin demo`: a cluster of stand-ins, the real controller, and three acts: a good release promoted, a bad one rolled back, and the
 * bad one once more by a plain rolling update. Drawn live on a terminal, told in plain lines elsewhere.
 */
import { readFile, writeFile } from "node:fs/promises";
import { styleText } from "node:util";
import { systemClock as clock } from "../../domain/clock.ts";
import { findBinaries } from "../control-plane/binaries.ts";
import { prepare, release, rollingUpdate, type Stage, startUsers } from "./acts.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { PLAIN, SHOP } from "./manifests.ts";
import { type Paint, pictureOf } from "./picture.ts";
import { DEFAULT_PLAN, type DemoPlan, VERSIONS } from "./plan.ts";
import { closingLine, type DemoReport, isAsItShouldBe, reportOf } from "./report.ts";
import { createScreen, type Screen } from "./screen.ts";
import type { Happening } from "./world.ts";

export interface DemoOptions {
  /** Where the report is written. */
  readonly report?: string | undefined;
  /** Leave everything running until the signal. */
  readonly keep?: boolean | undefined;
  readonly plan?: DemoPlan | undefined;
  /** On a real Kubernetes control plane. */
  readonly real?: boolean | undefined;
  /** Judged by a Prometheus from PATH, in place of the proxies themselves. */
  readonly prometheus?: boolean | undefined;
  /** The command line of `serin` itself; default: of this process. */
  readonly serin?: readonly string[] | undefined;
  readonly stdout?: (NodeJS.WritableStream & { readonly isTTY?: boolean }) | undefined;
}

/** Whether the good release was promoted and the bad one rolled back. Rejects with the signal's reason when it ends the demo. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  const { prometheus = false, serin = [process.execPath, process.argv[1] ?? ""], stdout = process.stdout } = options;
  const plan: DemoPlan = { ...(options.plan ?? DEFAULT_PLAN), ...(prometheus ? { source: "Prometheus" } : {}) };
  const paint: Paint = (style, text) => styleText(style, text, { stream: stdout });
  const screen = createScreen(stdout, stdout.isTTY === true);
  const started = clock.monotonic();
  const seconds = () => (clock.monotonic() - started) / 1000;
  const line = (text: string) => screen.line(`${paint("dim", seconds().toFixed(1).padStart(6))}  ${text}`);
  const binaries = options.real === true ? await findBinaries({ say: line }) : undefined;
  const standIns = binaries === undefined ? "all but Serin" : "all but Serin and the control plane";
  line(`starting an API server, a node with its pods, a mesh, users, and Serin (${standIns} are stand-ins)`);
  const cluster = await startCluster({
    serin,
    binaries,
    prometheus,
    clock,
    onHappening: (happening) => line(toldAs(happening, paint)),
    onCut: () => line(`${paint("yellow", "Cut")}  the route gives the new version nothing any more`),
  });
  try {
    const stage: Stage = { cluster, plan, clock, say: (text) => line(paint("bold", text)) };
    const report = await unlessEnded(play(stage, screen, paint, seconds), cluster, signal);
    screen.end();
    if (options.report !== undefined) await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    screen.line("");
    screen.line(closingLine(report));
    if (options.keep) await keepRunning(stage, screen, signal);
    return isAsItShouldBe(report);
  } finally {
    screen.end();
    await cluster.close();
  }
}

async function play(stage: Stage, screen: Screen, paint: Paint, seconds: () => number): Promise<DemoReport> {
  await prepare(stage);
  const { first, good: goodVersion, bad: badVersion } = VERSIONS;
  const act = async <T>(title: string, namespace: string, versions: readonly [string, string], run: () => Promise<T>): Promise<T> => {
    screen.line(`\n${paint(["bold", "cyan"], title)}`);
    const stop = drawing({ stage, screen, paint, seconds, title, namespace, versions });
    try {
      return await run();
    } finally {
      stop();
    }
  };
  const good = await act(`1 of 3  A good release: ${first} to ${goodVersion}`, SHOP, [first, goodVersion], () =>
    release(stage, goodVersion),
  );
  const goodCosts = await good.costs;
  const bad = await act(`2 of 3  A bad release: ${badVersion} fails after a while`, SHOP, [goodVersion, badVersion], () =>
    release(stage, badVersion),
  );
  const title = `3 of 3  The same ${badVersion} by a plain rolling update`;
  const rolling = await act(title, PLAIN, [goodVersion, badVersion], () => rollingUpdate(stage));
  return reportOf({ ...good.run, costs: goodCosts }, { ...bad.run, costs: await bad.costs }, rolling);
}

interface Drawing {
  readonly stage: Stage;
  readonly screen: Screen;
  readonly paint: Paint;
  readonly seconds: () => number;
  readonly title: string;
  readonly namespace: string;
  readonly versions: readonly [string, string];
}

const FRAME_MS = 250;

/** Redraws until it is stopped. */
function drawing({ stage, screen, paint, seconds, title, namespace, versions }: Drawing): () => void {
  const { cluster, clock, plan } = stage;
  const began = seconds();
  let failedBefore: Record<string, number> | undefined;
  let stopped = false;

  async function draw(): Promise<void> {
    const tally = await cluster.tally(namespace);
    failedBefore ??= Object.fromEntries(Object.entries(tally.byVersion).map(([version, { failures }]) => [version, failures]));
    if (stopped) return;
    const rollout = namespace === SHOP ? { status: cluster.world.status(), weights: plan.weights } : undefined;
    const pods = cluster.world.pods(namespace);
    screen.picture(pictureOf({ title, seconds: seconds() - began, versions, tally, failedBefore, pods, rollout }, paint));
  }

  function next(): void {
    // The load of an act may not have begun yet.
    draw()
      .catch(() => undefined)
      .finally(() => {
        if (!stopped && !cluster.closing.aborted) clock.schedule(FRAME_MS, next);
      });
  }

  next();
  return () => {
    stopped = true;
    screen.end();
  };
}

/** The story, unless the user ends it or a process dies. */
async function unlessEnded<T>(story: Promise<T>, cluster: Cluster, signal: AbortSignal): Promise<T> {
  story.catch(() => undefined);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([story, ended, cluster.failed]);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`${(error as Error).message}\n${await logTail(cluster)}`, { cause: error });
  } finally {
    signal.removeEventListener("abort", end);
  }
}

const TAIL_LINES = 20;

async function logTail({ controllerLog }: Cluster): Promise<string> {
  const text = await readFile(controllerLog, "utf8").catch(() => "");
  return text === "" ? "" : `The controller's last words:\n${text.trimEnd().split("\n").slice(-TAIL_LINES).join("\n")}`;
}

async function keepRunning({ cluster, plan }: Stage, screen: Screen, signal: AbortSignal): Promise<void> {
  const { kubeconfigFile, proxies } = cluster;
  await startUsers(cluster, SHOP, plan);
  screen.line("");
  screen.line("Everything is still running. In another terminal:");
  screen.line(`  export KUBECONFIG=${kubeconfigFile}`);
  screen.line("  kubectl get canaryrollouts,deployments,pods -A        # or: serin status checkout");
  screen.line(`  curl -x ${proxies.client} http://checkout.shop:8080/      # as a client in the mesh`);
  screen.line("Ctrl-C ends it.");
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function toldAs({ reason, note, warning }: Happening, paint: Paint): string {
  return `${paint(warning ? "red" : "green", reason)}  ${note}`;
}
