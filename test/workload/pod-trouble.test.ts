/** Wrong image tag, quota, no node fits: the message is the kubelet's, the quota's or the scheduler's own sentence. */
import { expect, it } from "vitest";
import type { Pod, ReplicaSet } from "../../src/domain/kube.ts";
import { podTrouble } from "../../src/workload/pod-trouble.ts";
import { pod, replicaSet } from "./objects.ts";

const set = replicaSet("v2", "checkout:2", 3);
const starting: Pod["status"] = { containerStatuses: [{ name: "a", state: { waiting: { reason: "ContainerCreating" } } }] };

function waiting(reason: string, message?: string): Pod["status"] {
  return { containerStatuses: [{ name: "a", state: { waiting: { reason, ...(message === undefined ? {} : { message }) } } }] };
}

it.each<[string, Pod["status"], string | undefined]>([
  [
    "image",
    waiting("ImagePullBackOff", 'Back-off pulling image "checkout:2"'),
    'container a: ImagePullBackOff: Back-off pulling image "checkout:2"',
  ],
  [
    "crash",
    waiting("CrashLoopBackOff", "back-off 10s restarting failed container"),
    "container a: CrashLoopBackOff: back-off 10s restarting failed container",
  ],
  ["no message", waiting("CreateContainerConfigError"), "container a: CreateContainerConfigError"],
  ["starting", starting, undefined],
  ["nothing known", {}, undefined],
  [
    "no node",
    {
      conditions: [
        { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available: 3 Insufficient cpu." },
      ],
    },
    "Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.",
  ],
  [
    "init container",
    { initContainerStatuses: [{ name: "i", state: { waiting: { reason: "ErrImagePull", message: "not found" } } }] },
    "container i: ErrImagePull: not found",
  ],
  [
    "ended",
    { containerStatuses: [{ name: "a", state: { terminated: { reason: "OOMKilled", exitCode: 137 } } }] },
    "container a: OOMKilled (exit code 137)",
  ],
  [
    "init container that is done",
    { initContainerStatuses: [{ name: "i", state: { terminated: { reason: "Completed", exitCode: 0 } } }] },
    undefined,
  ],
  [
    "never ready",
    { conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady", message: "containers with unready status: [a]" }] },
    "ContainersNotReady: containers with unready status: [a]",
  ],
])("%s", (_, status, sentence) => {
  expect(podTrouble([pod("fine", set), pod("one", set, status)], set)).toBe(sentence);
});

it("the quota speaks first: there is no pod to ask", () => {
  const message = 'pods "checkout-v2-" is forbidden: exceeded quota: small';
  const refused: ReplicaSet = {
    ...set,
    status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }] },
  };
  expect(podTrouble([], refused)).toBe(`FailedCreate: ${message}`);
});

it("pods of other sets and pods on their way out say nothing", () => {
  const other = pod("other", replicaSet("v1", "checkout:1", 1), waiting("ImagePullBackOff"));
  const leaving = pod("leaving", set, waiting("CrashLoopBackOff"));
  const gone = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "2026-11-25T10:00:00Z" } };
  expect(podTrouble([other, gone], set)).toBeUndefined();
});
