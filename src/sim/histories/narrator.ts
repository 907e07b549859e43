/** Tells what Serin writes, one line a write: when, what and why. */
import { type KubeObject, RESOURCES, type Route } from "../../domain/kube.ts";
import type { Action } from "../../engine/types.ts";
import type { Write } from "../world/faults.ts";
import { NAMESPACE, type World } from "../world/world.ts";

export interface Narrator {
  readonly lines: string[];
  /** From where times are told, in `monotonic` milliseconds. */
  begin(): void;
  say(text: string): void;
  onAction(action: Action): void;
  onWrite(write: Write): void;
}

export function createNarrator(world: () => World): Narrator {
  const lines: string[] = [];
  let started = 0;
  let why = "";
  const say = (text: string) => {
    const at = ((world().clock.monotonic() - started) / 1000).toFixed(1).padStart(7);
    lines.push(`${at}s ${text}`);
  };
  return {
    lines,
    say,
    begin() {
      started = world().clock.monotonic();
    },
    onAction(action) {
      why = action.why;
    },
    onWrite(write) {
      say(describe(world(), write, why));
      why = "";
    },
  };
}

/** `95/5`, or `no route`. */
export function weightsOf(world: World): string {
  const route = world.store.find(RESOURCES.httpRoutes, NAMESPACE, "checkout") as Route | undefined;
  return route?.spec.rules?.[0]?.backendRefs?.map((ref) => ref.weight).join("/") ?? "no route";
}

function describe(world: World, { verb, resource, name }: Write, why: string): string {
  if (resource.plural === RESOURCES.events.plural) {
    return tellEvent(world.store.find(RESOURCES.events, NAMESPACE, name));
  }
  if (verb === "status") {
    const { phase, message, traffic } = world.rollout().status ?? {};
    return `status ${phase}${traffic ? ` (allowed ${traffic.weight})` : ""}: ${message}`;
  }
  const now = resource.plural === RESOURCES.httpRoutes.plural ? `, now ${weightsOf(world)}` : "";
  return `${verb.padEnd(6)} ${resource.plural}/${name}: ${why}${now}`;
}

function tellEvent(event: KubeObject | undefined): string {
  const regarding = event?.["regarding"] as { kind?: string } | undefined;
  return `event  ${event?.["reason"]} on ${regarding?.kind}: ${event?.["note"]}`;
}
