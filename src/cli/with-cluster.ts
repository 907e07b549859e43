/** Runs the body of a command against its cluster: connects, explains what goes wrong there, and lets go of the connection. */
import type { ClusterOptions } from "./cluster-options.ts";
import type { Invocation } from "./command.ts";
import type { Cluster } from "./connect.ts";
import type { ExitCode } from "./exit-codes.ts";

export async function withCluster(
  invocation: Invocation<ClusterOptions>,
  body: (cluster: Cluster) => Promise<ExitCode>,
): Promise<ExitCode> {
  // The Kubernetes client takes longer to load than everything else together: not for help, not for lint.
  const [{ connect }, { explainError }] = await Promise.all([import("./connect.ts"), import("./explain-error.ts")]);
  const cluster = connect(invocation.options, invocation.io);
  try {
    return await body(cluster);
  } catch (error) {
    throw explainError(error, cluster.server);
  } finally {
    await cluster.client.close();
  }
}
