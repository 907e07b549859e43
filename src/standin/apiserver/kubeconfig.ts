/** A kubeconfig of one cluster, user and context. */
import { stringify } from "yaml";

export function kubeconfigText(server: string, token: string | undefined, namespace = "default"): string {
  const name = "serin-standin";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  });
}
