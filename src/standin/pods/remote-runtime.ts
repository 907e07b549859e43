/** The kubelet's side of a node in another process: `PodRuntime` over the node's HTTP. */

import { Agent } from "undici";
import { linesOf } from "../../domain/lines.ts";
import type { PodReport, PodRuntime } from "../../sim/kube/controllers/index.ts";
import { createStarts, type Starts } from "./starts.ts";

/** Pods end sooner than their grace period here: their requests take milliseconds. */
const GRACE_MS = 2000;

export interface RemoteRuntime extends PodRuntime {
  readonly starts: Starts;
  close(): Promise<void>;
}

/** `url` of the node's runtime server. */
export function createRemoteRuntime(url: string): RemoteRuntime {
  const agent = new Agent({ connections: 1024, bodyTimeout: 0, headersTimeout: 0 });
  const starts = createStarts();

  async function run(body: string, report: (report: PodReport) => void): Promise<void> {
    const answer = await agent.request({ origin: url, path: "/pods", method: "POST", body });
    for await (const line of linesOf(answer.body as AsyncIterable<Buffer>, () => new Error("a report without an end")))
      report(JSON.parse(line) as PodReport);
  }

  return {
    start(pod, report) {
      starts.add(pod.metadata.namespace ?? "");
      run(JSON.stringify(pod), report).catch(() => {
        const terminated = { reason: "Error", exitCode: 137, message: "the node is gone" };
        const containers = pod.spec.containers.map(({ name }) => ({ name, state: { terminated }, ready: false, restartCount: 0 }));
        report({ phase: "Failed", containers });
      });
    },
    stop(pod, stopped) {
      const path = `/pods/${pod.metadata.uid}?grace=${GRACE_MS}`;
      agent
        .request({ origin: url, path, method: "DELETE" })
        .then(({ body }) => body.dump())
        .then(stopped, stopped);
    },
    starts,
    close: () => agent.destroy(),
  };
}
