/** Notes down in an object's managedFields who wrote it. */
import { managedAfter } from "./fields/managed-fields.ts";
import { type Json, part } from "./json.ts";
import type { Kind } from "./kinds.ts";
import { tidyMetadata } from "./metadata.ts";
import type { WriteOptions } from "./store.ts";
import { secondsText } from "./time.ts";

/** Of what is applied, whose is what is settled before it is admitted. */
export function keepManagers(): void {}

/** `previous` undefined: created. */
export function noteWriter(
  kind: Kind,
  next: Json,
  previous: Json | undefined,
  { fieldManager, subresource }: WriteOptions,
  now: number,
): void {
  if (fieldManager === undefined && part(next, "metadata")["managedFields"] === undefined) {
    return;
  }
  // What an update did not change is its predecessor's own, and frozen.
  const meta = { ...part(next, "metadata") };
  next["metadata"] = meta;
  const writer = { manager: fieldManager, operation: "Update", subresource, time: secondsText(now) } as const;
  meta["managedFields"] = managedAfter(kind, meta["managedFields"], previous, next, writer);
  tidyMetadata(meta);
}
