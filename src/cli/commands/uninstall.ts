/** `serin uninstall`: everything that Serin holds, and the way out of it. What it does for each rollout is an eject. */
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import type { Cluster } from "../connect.ts";
import { observeObjects } from "../eject/observe.ts";
import { runEject } from "../eject/run.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { remark, say } from "../io.ts";
import { outputOption, printed } from "../output.ts";
import { type Item, inventoryOf } from "../uninstall/inventory.ts";
import { afterwards, documentOf, frozenLines, itemLines, type Scope } from "../uninstall/words.ts";
import { timeoutMsOf } from "../wait/run.ts";
import { withCluster } from "../with-cluster.ts";

interface Options extends ClusterOptions {
  readonly dryRun?: boolean;
  readonly timeout: string;
  readonly output?: "json" | "yaml";
}

const HELP = `
Looks in all namespaces, or in the one of -n, and does for each rollout what serin eject does: needs no controller, stops
one that runs, never ships the untried. Finalizers go everywhere, so that no namespace hangs when the controller is gone.
The install itself stays: the last lines say how to take it away. Start with --dry-run.`;

export const uninstall = defineCommand<Options>({
  define(command) {
    addClusterOptions(command)
      .option("--dry-run", "change nothing: list every pin, pause, route, Service, trial and mark, and the order")
      .option("--timeout <duration>", "how long at most for each rollout", "10m")
      .addOption(outputOption("json", "yaml"))
      .addHelpText("after", HELP);
  },
  run(invocation) {
    const timeoutMs = timeoutMsOf(invocation.options.timeout);
    return withCluster(invocation, (cluster) => leave(cluster, invocation, timeoutMs));
  },
});

async function leave(cluster: Cluster, invocation: Invocation<Options>, timeoutMs: number): Promise<ExitCode> {
  const { options, io, signal } = invocation;
  const scope: Scope = options.namespace;
  const items = inventoryOf(await observeObjects(cluster.client, scope, signal), io.clock.now());
  if (options.output === undefined) tellItems(items, scope, invocation);
  const stuck = options.dryRun ? [] : await ejectAll(items, cluster, invocation, timeoutMs);
  if (options.output !== undefined) say(io, printed(documentOf(items, scope, !options.dryRun && stuck.length === 0), options.output));
  if (stuck.length > 0) throw new Failure(EXIT.timedOut, `not through: ${stuck.join("; ")}`, ["start it again: it goes on from there"]);
  if (options.output === undefined) tellRest(items, scope, invocation);
  return EXIT.done;
}

function tellItems(items: readonly Item[], scope: Scope, { options, io }: Invocation<Options>): void {
  if (items.length === 0) say(io, `Serin holds nothing ${scope === undefined ? "in any namespace" : `in namespace ${scope}`}`);
  else if (options.dryRun) say(io, ...items.flatMap((item) => itemLines(item, io.paint)));
}

/** One after the other, in the order of the list; one that is stuck keeps no other from being given back. */
async function ejectAll(
  items: readonly Item[],
  { client }: Cluster,
  { options, io, signal }: Invocation<Options>,
  timeoutMs: number,
): Promise<string[]> {
  const stuck: string[] = [];
  for (const { namespace, name } of items) {
    const tell = (line: string) => (options.output === undefined ? say : remark)(io, `${namespace}/${name}: ${line}`);
    const end = await runEject({ client, namespace, name, ship: false, forGood: true, clock: io.clock, timeoutMs, tell }, signal);
    if (!end.ok) stuck.push(`${namespace}/${name}: ${end.stuckAt}`);
    else if (end.steps === 0) tell("nothing is left to undo");
  }
  return stuck;
}

function tellRest(items: readonly Item[], scope: Scope, { options, io }: Invocation<Options>): void {
  if (!options.dryRun) say(io, ...items.flatMap(frozenLines));
  say(io, options.dryRun ? "then, in this order:" : "what is left to do, in this order:", ...afterwards(scope).map((line) => `  ${line}`));
}
