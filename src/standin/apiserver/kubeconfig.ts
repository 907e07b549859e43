/**
 * A kubeconfig of one cluster, user and context. kubectl sends no credentials over plain HTTP, whatever the file says, so
 * there the address carries the token too, as the first part of every path.
 */
import { stringify } from "yaml";
import type { ApiAccess } from "../api-access.ts";

export function kubeconfigText({ server, token, ca }: ApiAccess, namespace = "default"): string {
  const name = "serin-standin";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: ca === undefined ? plainCluster(server, token) : { server, "certificate-authority-data": base64(ca) } }],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  });
}

function plainCluster(server: string, token: string | undefined) {
  return { server: token === undefined ? server : `${server}/${token}` };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
