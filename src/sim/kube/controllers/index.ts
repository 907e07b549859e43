/** What the rest of the simulation and the demo use of the controllers. */

export type { PodBehaviour } from "./kubelet/behaviours.ts";
export type { ContainerReport, ContainerState, PodReport, PodRuntime } from "./kubelet/runtime.ts";
export { createSimulatedRuntime, type SimulatedRuntime, type SimulatedRuntimeOptions } from "./kubelet/simulated-runtime.ts";
export { createKubelet, type Kubelet, type KubeletOptions } from "./kubelet.ts";
export { type ControllerManager, type ControllerManagerOptions, createControllerManager } from "./manager.ts";
export type { LiveDeployment, LivePod, LiveService, LiveSet } from "./objects.ts";
export type { PodAdmission } from "./replica-set/controller.ts";
