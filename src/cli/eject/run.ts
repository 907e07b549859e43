/**
 * An eject: look, do the first thing that is left, look again, until nothing is left. Whatever else writes at the same
 * time, or stops it, changes only what the next look finds.
 */
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../domain/clock.ts";
import { ApiError } from "../../domain/kube.ts";
import { observeForEject } from "./observe.ts";
import { nextEjectStep } from "./plan.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import type { EjectStep } from "./step.ts";

export interface EjectOptions {
  readonly client: Pick<Client, "list" | "create" | "mergePatch" | "jsonPatch" | "delete">;
  readonly namespace: string;
  readonly name: string;
  readonly ship: boolean;
  readonly forGood?: boolean;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly tell: (line: string) => void;
}

export type EjectEnd =
  | { readonly ok: true; readonly snapshot: Snapshot; readonly steps: number }
  | { readonly ok: false; readonly stuckAt: string };

const LOOK_AGAIN_MS = 500;
/** A controller that was in the middle of its writes when the hands-off mark came has ended them by then. */
const LAST_LOOK_MS = 2000;

export async function runEject(options: EjectOptions, signal?: AbortSignal): Promise<EjectEnd> {
  const { client, namespace, name, clock, ship, forGood = false, tell } = options;
  const deadline = clock.monotonic() + options.timeoutMs;
  let told = "";
  let steps = 0;
  let looks = 0;
  for (;;) {
    const snapshot = snapshotOf(await observeForEject(client, namespace, name, signal));
    const step = nextEjectStep(snapshot, { ship, forGood, now: clock.now() });
    if (step === undefined) {
      if (looks > 0 || steps === 0) return { ok: true, snapshot, steps };
      looks += 1;
      await clock.sleep(LAST_LOOK_MS, signal);
      continue;
    }
    if (clock.monotonic() > deadline) return { ok: false, stuckAt: step.title };
    if (step.title !== told) tell(step.title);
    told = step.title;
    looks = 0;
    if (await perform(options, step, signal)) steps += 1;
    else await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** False: not done, to be looked at again after a while. */
async function perform({ client, namespace, clock }: EjectOptions, step: EjectStep, signal?: AbortSignal): Promise<boolean> {
  try {
    switch (step.type) {
      case "wait":
        return false;
      case "mergePatch":
        await client.mergePatch(step.resource, namespace, step.name, guarded(step), signal);
        break;
      case "jsonPatch":
        await client.jsonPatch(step.resource, namespace, step.name, step.operations, signal);
        break;
      case "create":
        await client.create(step.resource, step.object, signal);
        break;
      case "delete":
        await client.delete(step.resource, namespace, step.name, step.uid === undefined ? {} : { uid: step.uid }, signal);
        break;
      default:
        step satisfies never;
    }
  } catch (error) {
    if (error instanceof ApiError && mayPass(error)) return false;
    throw error;
  }
  const pauseMs = "pauseMs" in step ? (step.pauseMs ?? 0) : 0;
  if (pauseMs > 0) await clock.sleep(pauseMs, signal);
  return true;
}

/** Changed or gone since the look, or a server that will answer again. Not one that was never reached. */
function mayPass({ kind, status }: ApiError): boolean {
  return kind === "conflict" || kind === "gone" || kind === "wait" || (kind === "retry" && status !== 0 && status !== 401);
}

function guarded(step: Extract<EjectStep, { type: "mergePatch" }>): object {
  if (step.resourceVersion === undefined) return step.patch;
  const { metadata, ...rest } = step.patch as { metadata?: object };
  return { ...rest, metadata: { ...metadata, resourceVersion: step.resourceVersion } };
}
