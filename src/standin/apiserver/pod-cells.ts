/** The cells of a pod, its one-word status above all: what a person sees first when something is wrong. */
import { type Json, listOf, objectsOf, part } from "../../sim/kube/json.ts";

export function podCells(pod: Json, age: string): readonly unknown[] {
  const spec = part(pod, "spec");
  const status = part(pod, "status");
  const containers = objectsOf(status["containerStatuses"]);
  const ready = containers.filter((container) => container["ready"] === true).length;
  const restarts = containers.reduce((sum, container) => sum + Number(container["restartCount"] ?? 0), 0);
  return [
    `${ready}/${listOf(spec["containers"]).length}`,
    podStatus(pod, status, containers),
    String(restarts),
    age,
    status["podIP"] ?? "<none>",
    spec["nodeName"] ?? "<none>",
    "<none>",
    "<none>",
  ];
}

function podStatus(pod: Json, status: Json, containers: readonly Json[]): string {
  if (part(pod, "metadata")["deletionTimestamp"] !== undefined) {
    return "Terminating";
  }
  const trouble = containers.map((container) => containerTrouble(part(container, "state"))).find((reason) => reason !== undefined);
  return trouble ?? String(status["reason"] ?? status["phase"] ?? "Unknown");
}

function containerTrouble(state: Json): string | undefined {
  const waiting = part(state, "waiting")["reason"];
  const terminated = part(state, "terminated");
  const code = terminated["exitCode"];
  return typeof waiting === "string"
    ? waiting
    : code === undefined
      ? undefined
      : String(terminated["reason"] ?? (code === 0 ? "Completed" : "Error"));
}
