/** Who runs a node's pods: the node's own process at `url`, or nobody. */
import { systemClock } from "../../domain/clock.ts";
import { createRemoteRuntime } from "../pods/remote-runtime.ts";
import { createHollowRuntime } from "./runtime.ts";

export function runtimeOf(url: string | undefined) {
  return url === undefined ? createHollowRuntime(() => systemClock.now()) : createRemoteRuntime(url);
}
