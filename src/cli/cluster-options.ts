/** The options by which every command finds its cluster, with kubectl's names. */
import type { Command } from "commander";

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export function addClusterOptions(command: Command): Command {
  return command
    .option("-n, --namespace <name>", "namespace; default: the context's, else default")
    .option("--kubeconfig <file>", "kubeconfig file; default: KUBECONFIG, ~/.kube/config, the service account")
    .option("--context <name>", "context of the kubeconfig");
}
