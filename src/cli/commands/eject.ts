/** `serin eject NAME`: break glass. Needs no controller, and stops one that runs. */
import { HANDS_OFF } from "../../api/marks.ts";
import { imagesOf } from "../../workload/template.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import type { Cluster } from "../connect.ts";
import { kubectlLines } from "../eject/kubectl.ts";
import { observeForEject } from "../eject/observe.ts";
import { ejectSteps, runsItsTemplate } from "../eject/plan.ts";
import { runEject } from "../eject/run.ts";
import { type Snapshot, snapshotOf } from "../eject/snapshot.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { say } from "../io.ts";
import { tagOf } from "../release/words.ts";
import { timeoutMsOf } from "../wait/run.ts";
import { withCluster } from "../with-cluster.ts";

interface Options extends ClusterOptions {
  readonly dryRun?: boolean;
  readonly ship?: boolean;
  readonly timeout: string;
}

const HELP = `
Works from the marks on the objects themselves, so that the controller, its status and even the CanaryRollout may be gone.
In this order: hands-off mark on the Deployment (a running controller writes nothing from then on); all requests to
stable; the trial to 0 pods; its route, the pins and both version Services away; the Deployment unpaused, but only where
its template is the version that runs: the untried is never shipped without --ship. Once the tried pods are handed over
it finishes forward instead. Stopped anywhere, it can be started again. To give the Deployment back to Serin later:
  kubectl annotate deployment NAME ${HANDS_OFF}-`;

export const eject = defineCommand<Options>({
  define(command) {
    addClusterOptions(command)
      .argument("<name>", "name of the CanaryRollout, or of its Deployment")
      .option("--dry-run", "change nothing: print the steps as kubectl lines")
      .option("--ship", "at the end let Kubernetes roll out the template although it was never released")
      .option("--timeout <duration>", "how long at most", "10m")
      .addHelpText("after", HELP);
  },
  run(invocation) {
    const timeoutMs = timeoutMsOf(invocation.options.timeout);
    return withCluster(invocation, (cluster) =>
      invocation.options.dryRun ? print(cluster, invocation) : perform(cluster, invocation, timeoutMs),
    );
  },
});

async function print(cluster: Cluster, { args: [name = ""], options, io, signal }: Invocation<Options>): Promise<ExitCode> {
  const snapshot = await look(cluster, name, signal);
  const steps = ejectSteps(snapshot, { ship: options.ship ?? false, now: io.clock.now() });
  if (steps.length === 0) say(io, `# nothing of ${name} is left to undo`);
  say(io, ...kubectlLines(steps, cluster.namespace), ...waysOn(snapshot, cluster, options).map((line) => `# ${line}`));
  return EXIT.done;
}

async function perform(cluster: Cluster, invocation: Invocation<Options>, timeoutMs: number): Promise<ExitCode> {
  const { args, options, io, signal } = invocation;
  const [name = ""] = args;
  const { client, namespace } = cluster;
  await look(cluster, name, signal);
  const tell = (line: string) => say(io, `${io.paint("green", "•")} ${line}`);
  const end = await runEject({ client, namespace, name, ship: options.ship ?? false, clock: io.clock, timeoutMs, tell }, signal);
  if (!end.ok) {
    throw new Failure(EXIT.timedOut, `eject ${name} is not through: ${end.stuckAt}`, [
      "start it again: it goes on from there",
      `serin eject ${name} --dry-run`,
    ]);
  }
  say(io, end.steps === 0 ? `nothing of ${name} is left to undo` : `${name} is ejected: nothing of Serin's holds it any more`);
  say(io, ...waysOn(end.snapshot, cluster, options));
  return EXIT.done;
}

async function look({ client, namespace }: Cluster, name: string, signal: AbortSignal): Promise<Snapshot> {
  const objects = await observeForEject(client, namespace, name, signal);
  const snapshot = snapshotOf(objects);
  const { rollout, deployment, trials, routes, stableService, canaryService } = snapshot;
  if (rollout ?? deployment ?? trials[0] ?? routes[0] ?? stableService ?? canaryService) return snapshot;
  const known = objects.rollouts.map(({ metadata }) => metadata.name);
  throw new Failure(EXIT.badInput, `nothing named ${name} in namespace ${namespace}`, [
    known.length === 0 ? "there are no CanaryRollouts in this namespace" : `CanaryRollouts in this namespace: ${known.join(", ")}`,
  ]);
}

/** Where the Deployment stays frozen: what a person can do about it. */
function waysOn(snapshot: Snapshot, { namespace }: Cluster, { ship }: Options): string[] {
  const { deployment, stable, name } = snapshot;
  if (deployment === undefined) return [];
  const again = `serin eject ${name} -n ${namespace}`;
  const back = `to give it back to Serin: kubectl -n ${namespace} annotate deployment ${deployment.metadata.name} ${HANDS_OFF}-`;
  if (ship || runsItsTemplate(snapshot)) return [back];
  const versions = (template: Parameters<typeof imagesOf>[0]) => imagesOf(template).map(tagOf).join(", ");
  const runs = stable === undefined ? "" : ` it runs ${versions(stable.spec.template)},`;
  return [
    `Deployment ${deployment.metadata.name} stays paused:${runs} its template asks for ${versions(deployment.spec.template)}, which was never released`,
    `  either take the template back in Git, then: ${again}`,
    `  or ship it as it is:                        ${again} --ship`,
    back,
  ];
}
