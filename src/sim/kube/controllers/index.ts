/** What the rest of the simulation and the demo use of the controllers. */

export { eventTeller } from "./happenings.ts";
export type { PodBehaviour } from "./kubelet/behaviours.ts";
export { podStatus } from "./kubelet/pod-status.ts";
export type { PodReport, PodRuntime } from "./kubelet/runtime.ts";
export { createSimulatedRuntime } from "./kubelet/simulated-runtime.ts";
export { createKubelet } from "./kubelet.ts";
export { type ControllerManager, createControllerManager } from "./manager.ts";
export type { LiveDeployment, LivePod, LiveSet } from "./objects.ts";
export type { PodAdmission } from "./replica-set/controller.ts";
