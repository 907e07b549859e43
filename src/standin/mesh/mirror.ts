/**
 * A collection of the API server as it is now, kept by list and watch over HTTP: what the stand-ins of a mesh's control plane and of
 * a kubelet know of the cluster. After any trouble it lists anew, soon.
 */
import type { Clock } from "../../domain/clock.ts";
import { type KubeObject, keyOf, type Resource } from "../../domain/kube.ts";
import { linesOf } from "../../domain/lines.ts";
import { type ApiAccess, createAsk, pathOf } from "../api-access.ts";

export interface MirrorOptions extends ApiAccess {
  readonly resource: Resource;
  readonly userAgent: string;
  readonly clock: Clock;
  /** undefined for what was not there before, or is not there any more. */
  readonly onChange?: (next: KubeObject | undefined, previous: KubeObject | undefined) => void;
}

export interface Mirror {
  /** By namespace/name. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Resolves once the first list is in; a kind that the server does not know is an empty one. */
  readonly synced: Promise<void>;
}

const RETRY_MS = 250;
const UNKNOWN_KIND_RETRY_MS = 2000;

export function startMirror(options: MirrorOptions, signal: AbortSignal): Mirror {
  const { clock, onChange, resource } = options;
  const ask = createAsk(options, options.userAgent);
  const collection = pathOf(resource);
  const objects = new Map<string, KubeObject>();
  const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();

  function put(object: KubeObject): void {
    const key = keyOf(object);
    const previous = objects.get(key);
    if (previous?.metadata.resourceVersion === object.metadata.resourceVersion && previous !== undefined) return;
    objects.set(key, object);
    onChange?.(object, previous);
  }

  function drop(key: string): void {
    const previous = objects.get(key);
    if (previous === undefined) return;
    objects.delete(key);
    onChange?.(undefined, previous);
  }

  async function list(): Promise<string | undefined> {
    const answer = await ask(collection, { signal });
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return undefined;
    }
    const body = (await answer.body.json()) as { items?: KubeObject[]; metadata?: { resourceVersion?: string } };
    if (answer.statusCode !== 200 || body.metadata?.resourceVersion === undefined) throw new Error(`list: ${answer.statusCode}`);
    const items = body.items ?? [];
    const present = new Set(items.map(keyOf));
    for (const key of [...objects.keys()]) if (!present.has(key)) drop(key);
    for (const item of items) put({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind });
    return body.metadata.resourceVersion;
  }

  async function watch(resourceVersion: string): Promise<void> {
    const answer = await ask(collection, { query: { watch: "true", resourceVersion, timeoutSeconds: "600" }, signal });
    for await (const line of linesOf(answer.body as AsyncIterable<Buffer>, () => new Error("watch: a line without an end"))) {
      const event = JSON.parse(line) as { type: string; object: KubeObject };
      if (event.type === "ERROR") throw new Error("watch: expired");
      if (event.type === "DELETED") drop(keyOf(event.object));
      else if (event.type !== "BOOKMARK") put(event.object);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      let pause = RETRY_MS;
      try {
        const version = await list();
        markSynced();
        if (version === undefined) pause = UNKNOWN_KIND_RETRY_MS;
        else await watch(version);
      } catch {
        // Told by what comes next: the list that follows.
      }
      await clock.sleep(pause, signal);
    }
  }

  run().catch(() => undefined);
  return { objects, synced };
}

function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}
