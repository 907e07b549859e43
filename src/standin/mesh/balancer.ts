/**
 * One backend of one parent in a client's proxy: its endpoints with their connections, and the gate before them.
 *
 * A request gets an endpoint at once, waits for one, or learns after 3 s that there is none; after that the backend is not
 * available until an endpoint is ready again. An endpoint that refuses connections is left out and tried again, less and less often.
 */
import { Pool } from "undici";
import type { Clock } from "../../domain/clock.ts";
import { pickLessLoaded } from "../../sim/mesh/balancer.ts";
import { FAIL_FAST_MS, type Gate, OPEN_GATE, stepGate } from "../../sim/mesh/gate.ts";
import type { Endpoint } from "../../sim/mesh/metrics/outbound.ts";
import type { Dial } from "../forward-proxy/dial.ts";

export interface Connected {
  readonly endpoint: Endpoint;
  readonly pool: Pool;
}

export interface Balancer {
  update(endpoints: readonly Endpoint[]): void;
  isAvailable(): boolean;
  /** undefined: fail-fast. Whoever got one says when it is done with it. */
  acquire(): Promise<(Connected & { release(): void; refused(): void }) | undefined>;
  close(): Promise<void>;
}

export interface BalancerOptions {
  readonly dial: Dial;
  readonly random: () => number;
  readonly clock: Clock;
  readonly onEndpoints: (counts: { ready: number; pending: number }, added: readonly Endpoint[]) => void;
  readonly onGate: (state: "open" | "shut") => void;
}

interface Entry extends Connected {
  load: number;
  ready: boolean;
  failures: number;
}

const BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 60_000;
const CONNECTIONS = 256;
/** Timers may fire a moment before the clock agrees. */
const TIMER_SLACK_MS = 5;

export function createBalancer({ dial, random, clock, onEndpoints, onGate }: BalancerOptions): Balancer {
  const entries = new Map<string, Entry>();
  const waiting: ((entry: Entry | undefined) => void)[] = [];
  const closing = new Set<Promise<void>>();
  const timers = new Set<() => void>();
  let gate: Gate = OPEN_GATE;

  const readyEntries = () => [...entries.values()].filter(({ ready }) => ready);

  function settle(): void {
    const ready = readyEntries();
    const before = gate;
    gate = stepGate(gate, ready.length, waiting.length, clock.monotonic());
    if (before.shut !== gate.shut) onGate(gate.shut ? "shut" : "open");
    if (gate.waitingSince !== undefined && before.waitingSince === undefined) later(FAIL_FAST_MS + TIMER_SLACK_MS, settle);
    if (ready.length > 0 || gate.shut) for (const go of waiting.splice(0)) go(pickLessLoaded(readyEntries(), random));
  }

  function later(ms: number, run: () => void): void {
    const cancel = clock.schedule(ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  }

  function tell(added: readonly Endpoint[] = []): void {
    const ready = readyEntries().length;
    onEndpoints({ ready, pending: entries.size - ready }, added);
    settle();
  }

  function retire(key: string, { pool }: Entry): void {
    entries.delete(key);
    const done = pool.close().finally(() => closing.delete(done));
    closing.add(done);
  }

  function refused(entry: Entry): void {
    if (!entry.ready) return;
    entry.ready = false;
    entry.failures += 1;
    tell();
    retryLater(entry);
  }

  function retryLater(entry: Entry): void {
    const { ip, port } = entry.endpoint;
    later(Math.min(BACKOFF_MS * 2 ** (entry.failures - 1), LONGEST_BACKOFF_MS), () => {
      if (entries.get(keyOf(entry.endpoint)) !== entry) return;
      dial(ip, port).then(
        (socket) => {
          socket.destroy();
          entry.ready = true;
          entry.failures = 0;
          if (entries.has(keyOf(entry.endpoint))) tell();
        },
        () => {
          entry.failures += 1;
          retryLater(entry);
        },
      );
    });
  }

  return {
    update(endpoints) {
      const wanted = new Map(endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
      for (const [key, entry] of entries) if (!wanted.has(key)) retire(key, entry);
      const added = [...wanted].filter(([key]) => !entries.has(key));
      for (const [key, endpoint] of added) entries.set(key, connectTo(endpoint, dial));
      tell(added.map(([, endpoint]) => endpoint));
    },
    isAvailable: () => !gate.shut,
    async acquire() {
      const entry = await new Promise<Entry | undefined>((resolve) => {
        waiting.push(resolve);
        settle();
      });
      if (entry === undefined) return undefined;
      entry.load += 1;
      const release = () => {
        entry.load -= 1;
      };
      return { ...entry, release, refused: () => refused(entry) };
    },
    async close() {
      for (const cancel of timers) cancel();
      for (const go of waiting.splice(0)) go(undefined);
      await Promise.all([...[...entries.values()].map(({ pool }) => pool.destroy()), ...closing]);
    },
  };
}

function connectTo(endpoint: Endpoint, dial: Dial): Entry {
  const pool = new Pool(`http://${endpoint.ip}:${endpoint.port}`, {
    connections: CONNECTIONS,
    bodyTimeout: 0,
    headersTimeout: 0,
    connect: (_options, done) => {
      dial(endpoint.ip, endpoint.port).then(
        (socket) => done(null, socket),
        (cause) => done(new NotConnected(endpoint, cause), null),
      );
    },
  });
  return { endpoint, pool, load: 0, ready: true, failures: 0 };
}

/** Nothing was sent: another endpoint may be asked. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
  constructor({ ip, port }: Endpoint, cause: unknown) {
    super(`no connection to ${ip}:${port}`, { cause });
  }
}

function keyOf({ ip, port }: Endpoint): string {
  return `${ip}:${port}`;
}
