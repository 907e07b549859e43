/** A connection to the cluster that somebody meant, and the namespace they work in. */
import { type Client, createClient } from "../cluster/client.ts";
import { contextNamespace, kubeConfigSource } from "../cluster/kube-config.ts";
import { VERSION } from "../version.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { Io } from "./io.ts";

/** Not the controller's: GitOps tools and the controller tell a person's intent from Serin's own writes by it. */
export const CLI_FIELD_MANAGER = "serin-cli";

export interface Cluster {
  readonly client: Client;
  readonly namespace: string;
  /** Address of the API server, for people. */
  readonly server: string;
}

export function connect(options: ClusterOptions, { clock }: Pick<Io, "clock">): Cluster {
  const source = kubeConfigSource({ file: options.kubeconfig, context: options.context });
  try {
    const config = source();
    return {
      client: createClient({ kubeConfig: source, userAgent: `serin-cli/${VERSION}`, fieldManager: CLI_FIELD_MANAGER, clock }),
      namespace: options.namespace ?? contextNamespace(config) ?? "default",
      server: config.getCurrentCluster()?.server ?? "an unknown server",
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(EXIT.badInput, `no way to the cluster: ${why}`, ["see --kubeconfig, --context and KUBECONFIG"], error);
  }
}
