/**
 * Where the cluster is and who we are: a kubeconfig file, KUBECONFIG, ~/.kube/config, or the pod's service account.
 *
 * A source is a function, because configurations change while we run (rotated tokens, renewed certificates): each call
 * reads everything again. Reading and its rules are client-node's.
 */
import { KubeConfig } from "@kubernetes/client-node";

export type KubeConfigSource = () => KubeConfig;

export interface KubeConfigChoice {
  /** A kubeconfig file; without it KUBECONFIG, ~/.kube/config and the service account are tried in this order. */
  readonly file?: string | undefined;
  /** A context of it; without it the current one. */
  readonly context?: string | undefined;
}

export function kubeConfigSource(choice: KubeConfigChoice = {}): KubeConfigSource {
  return () => {
    const config = new KubeConfig();
    if (choice.file === undefined) config.loadFromDefault();
    else config.loadFromFile(choice.file);
    return selectContext(config, choice.context ?? config.getCurrentContext());
  };
}

/** The namespace of the context, as kubectl would take it; undefined where it names none. */
export function contextNamespace(config: KubeConfig): string | undefined {
  return config.getContextObject(config.getCurrentContext())?.namespace;
}

function selectContext(config: KubeConfig, name: string): KubeConfig {
  const context = config.getContextObject(name);
  if (!context) {
    const known = config
      .getContexts()
      .map((each) => each.name)
      .join(", ");
    throw new Error(`the kubeconfig has no context "${name}" (it has: ${known || "none"})`);
  }
  const cluster = config.getCluster(context.cluster);
  if (!cluster) throw new Error(`context "${name}" of the kubeconfig names the cluster "${context.cluster}", which is not in it`);
  const selected = new KubeConfig();
  selected.loadFromOptions({
    // client-node refuses plain HTTP unless the check of certificates is off; there are none to check.
    clusters: [cluster.server.startsWith("http:") ? { ...cluster, skipTLSVerify: true } : cluster],
    // Without a user client-node would leave out the cluster's CA too.
    users: [config.getUser(context.user) ?? { name: context.user ?? "anonymous" }],
    contexts: [{ ...context, user: context.user ?? "anonymous" }],
    currentContext: name,
  });
  return selected;
}
