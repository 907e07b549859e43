/**
 * A kubeconfig of one cluster, user and context. kubectl sends no credentials over plain HTTP, whatever the file says, so
 * the address carries the token too, as the first part of every path.
 */
import { stringify } from "yaml";

export function kubeconfigText(server: string, token: string | undefined, namespace = "default"): string {
  const name = "serin-standin";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: token === undefined ? server : `${server}/${token}` } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  });
}
