/**
 * Who of several replicas acts: an elector on a Lease, and the fence that every write asks.
 *
 *     Standby --(free, or its record unchanged for its duration: taken)--> Held
 *     Held --(no renewal within the renew deadline, or another holder)--> Standby
 *
 * The lease lasts 15 s, is renewed every 2 s and is given up after 10 s without a renewal. `mayWrite` compares the time
 * since the last successful renewal, counted from before it was sent, with those 10 s: it needs no timer and no event,
 * so a process whose loop was blocked or that was stopped refuses to write on the very first turn after it. Both clocks
 * are asked and the longer time counts: the monotonic one does not go back, the wall clock also runs while a machine
 * sleeps.
 *
 * The lease is the first object of which a server that was restored from a backup tells: it was written a moment ago, and is older now.
 *
 * Renewals have timers of their own, away from the work queue. The elector must not be given a fenced client.
 */
import type { Clock } from "../domain/clock.ts";
import { ApiError, type KubeObject, RESOURCES, type Verbs } from "../domain/kube.ts";
import { startDeadline } from "./deadline.ts";
import { heldSpec, isFree, newLease, readLease, releasedSpec, type Sighting, sight } from "./lease-record.ts";
import { isOlder } from "./versions.ts";

export interface ElectorOptions {
  readonly verbs: Pick<Verbs, "get" | "create" | "mergePatch">;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly durationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  readonly onHeld?: () => void;
  /** Not called when the lease is given back at the end. */
  readonly onLost?: () => void;
  /** The lease is in an older version than before: the server's history went back. */
  readonly onRewind?: () => void;
  /** A request for the lease failed; it is tried again by itself. */
  readonly onFailure?: (error: unknown) => void;
}

export interface Elector {
  /** The fence: true while the last renewal is younger than the renew deadline. */
  mayWrite(): boolean;
  /** Who holds the lease, as last seen; "" nobody; undefined: not known yet. */
  readonly holder: string | undefined;
  /** Until the signal aborts; then gives the lease back. End the work before: from the abort on nothing may be written. */
  run(signal: AbortSignal): Promise<void>;
}

export function createElector(options: ElectorOptions): Elector {
  const { clock, verbs, identity, namespace, name } = options;
  const durationMs = options.durationMs ?? 15_000;
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
  const retryPeriodMs = options.retryPeriodMs ?? 2000;
  /** A request that hangs must be over before the next one is due. */
  const requestMs = retryPeriodMs * 0.9;

  let sighting: Sighting | undefined;
  let renewed: { readonly monotonic: number; readonly wall: number } | undefined;
  let cancelDeadline = () => {};
  let newestVersion: string | undefined;

  function mayWrite(): boolean {
    if (renewed === undefined) return false;
    return Math.max(clock.monotonic() - renewed.monotonic, clock.now() - renewed.wall) < renewDeadlineMs;
  }

  /** One request for the lease, in time for the next. */
  async function request<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = startDeadline(clock, requestMs);
    try {
      return await send(deadline.signal);
    } finally {
      deadline.clear();
    }
  }

  function see(lease: KubeObject, before: Sighting | undefined): void {
    const version = lease.metadata.resourceVersion;
    if (isOlder(version, newestVersion)) options.onRewind?.();
    newestVersion = version;
    sighting = sight(before, readLease(lease, durationMs), clock.monotonic());
  }

  async function look(): Promise<Sighting | undefined> {
    try {
      see(await request((signal) => verbs.get(RESOURCES.leases, namespace, name, signal)), sighting);
    } catch (error) {
      if (!isGone(error)) throw error;
      // Who held it last may not know yet that it is gone.
      if (sighting !== undefined && isFree(sighting, identity, clock.monotonic())) sighting = undefined;
    }
    return sighting;
  }

  /** Creates the lease or writes our name and the time into it; a write that came too late throws a conflict. */
  async function takeOrRenew(stopping: AbortSignal): Promise<void> {
    const before = { monotonic: clock.monotonic(), wall: clock.now() };
    const record = sighting?.record;
    const spec = heldSpec(record, identity, durationMs, before.wall);
    const metadata = { resourceVersion: record?.resourceVersion };
    const lease = await request((signal) =>
      record === undefined
        ? verbs.create(RESOURCES.leases, newLease(namespace, name, spec), signal)
        : verbs.mergePatch(RESOURCES.leases, namespace, name, { metadata, spec }, signal),
    );
    see(lease, undefined);
    const leftMs = before.monotonic + renewDeadlineMs - clock.monotonic();
    if (leftMs <= 0) return;
    const wasHeld = renewed !== undefined;
    renewed = before;
    cancelDeadline();
    cancelDeadline = clock.schedule(leftMs, lose);
    if (!wasHeld && !stopping.aborted) options.onHeld?.();
  }

  /** False where it was not held. */
  function giveUp(): boolean {
    const wasHeld = renewed !== undefined;
    renewed = undefined;
    cancelDeadline();
    return wasHeld;
  }

  function lose(): void {
    if (giveUp()) options.onLost?.();
  }

  async function attempt(stopping: AbortSignal): Promise<void> {
    if (renewed === undefined || sighting === undefined) {
      const seen = await look();
      if (seen !== undefined && !isFree(seen, identity, clock.monotonic())) return;
    }
    try {
      await takeOrRenew(stopping);
    } catch (error) {
      if (!isConflict(error) && !(isGone(error) && sighting !== undefined)) throw error;
      // Somebody wrote first: another holder, or ourselves in a request whose answer was lost.
      const seen = await look();
      if (seen?.record.holder === identity) await takeOrRenew(stopping);
      else lose();
    }
  }

  async function release(): Promise<void> {
    const resourceVersion = sighting?.record.resourceVersion;
    if (!giveUp() || resourceVersion === undefined) return;
    const patch = { metadata: { resourceVersion }, spec: releasedSpec(clock.now()) };
    await request((signal) => verbs.mergePatch(RESOURCES.leases, namespace, name, patch, signal));
  }

  async function reported(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isConflict(error)) options.onFailure?.(error);
    }
  }

  return {
    mayWrite,
    get holder() {
      return sighting?.record.holder;
    },
    async run(signal) {
      while (!signal.aborted) {
        const startedAt = clock.monotonic();
        await reported(() => attempt(signal));
        const spread = renewed === undefined ? options.random() * 0.2 : 0;
        const pauseMs = Math.max(0, startedAt + retryPeriodMs * (1 + spread) - clock.monotonic());
        await clock.sleep(pauseMs, signal).catch(() => {});
      }
      await reported(release);
    },
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.kind === "gone";
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.kind === "conflict";
}
