/** `serin get [NAME...]`: an overview, or the objects themselves for machines. */
import { RESOURCES } from "../../domain/kube.ts";
import type { RolloutObject } from "../../engine/types.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { defineCommand } from "../command.ts";
import type { Cluster } from "../connect.ts";
import { EXIT } from "../exit-codes.ts";
import { tableOf } from "../get/table.ts";
import { remark, say } from "../io.ts";
import { outputOption, printed, shown } from "../output.ts";
import { noSuchRollout } from "../release/read.ts";
import { withCluster } from "../with-cluster.ts";

interface Options extends ClusterOptions {
  readonly allNamespaces?: boolean;
  readonly output?: "json" | "yaml" | "wide";
}

export const get = defineCommand<Options>({
  define(command) {
    addClusterOptions(command)
      .argument("[names...]", "only these CanaryRollouts")
      .option("-A, --all-namespaces", "of all namespaces")
      .addOption(outputOption("json", "yaml", "wide"));
  },
  run(invocation) {
    const { args, options, io, signal } = invocation;
    return withCluster(invocation, async (cluster) => {
      const rollouts = chosen(cluster, await listed(cluster, options, signal), args);
      if (options.output === "json" || options.output === "yaml") {
        say(io, printed(asKubectl(rollouts, args), options.output));
      } else if (rollouts.length === 0) {
        remark(io, options.allNamespaces ? "No CanaryRollouts in any namespace." : `No CanaryRollouts in namespace ${cluster.namespace}.`);
      } else {
        const { allNamespaces = false, output } = options;
        say(io, ...tableOf(rollouts, { allNamespaces, wide: output === "wide", now: io.clock.now() }));
      }
      return EXIT.done;
    });
  },
});

async function listed({ client, namespace }: Cluster, options: Options, signal: AbortSignal): Promise<readonly RolloutObject[]> {
  const where = options.allNamespaces ? undefined : namespace;
  return (await client.list(RESOURCES.canaryRollouts, { namespace: where }, signal)).items as readonly RolloutObject[];
}

function chosen({ namespace }: Cluster, rollouts: readonly RolloutObject[], names: readonly string[]): readonly RolloutObject[] {
  const missing = names.find((name) => !rollouts.some(({ metadata }) => metadata.name === name));
  if (missing !== undefined) throw noSuchRollout(namespace, missing, rollouts);
  return names.length === 0 ? rollouts : rollouts.filter(({ metadata }) => names.includes(metadata.name));
}

/** One object where one was asked for, else a list. */
function asKubectl(rollouts: readonly RolloutObject[], names: readonly string[]): unknown {
  const [first] = rollouts;
  if (names.length === 1 && rollouts.length === 1 && first !== undefined) return shown(first);
  return { apiVersion: "v1", kind: "List", items: rollouts.map(shown) };
}
