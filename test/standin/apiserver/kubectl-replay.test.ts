/**
 * What a real kube-apiserver answered to kubectl, the stand-in answers: all recorded commands in their order, over a cluster whose controllers and
 * pods run on virtual time.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/domain/kube.ts";
import { createControllerManager, createKubelet, createSimulatedRuntime, eventTeller } from "../../../src/sim/kube/controllers/index.ts";
import { createStore } from "../../../src/sim/kube/store.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";
import { type Command, commands, comparableAnswer, isProtobuf, isWatch } from "./support/kubectl-recording.ts";
import { type Answer, openRecordedWatch, play, type RecordedWatch } from "./support/player.ts";
import { type Exchange, Names } from "./support/recording.ts";

/** A watch is recorded when its connection closes. This one was opened by another command: `kubectl get deploy web -w`. */
const OPENED_BEFORE: Readonly<Record<string, string>> = { "26-apply-new-image": "17-get-deploy-watch" };

/** How long a controller may take until an answer is the recorded one. */
const CONVERGES_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 5;

describe("what kubectl asked", () => {
  const names = new Names();
  const opened = new Map<Exchange, Promise<RecordedWatch>>();
  let clock: VirtualClock;
  let server: ApiServer;

  beforeAll(async () => {
    clock = createVirtualClock(Date.UTC(2026, 10, 25, 8, 55, 34));
    const store = createStore({ now: clock.now, namespaces: ["default"], resourceVersion: 2600 });
    installDefinition(store, standInDefinition("httproute"));
    createControllerManager({ store, clock, tell: eventTeller(store, clock) });
    const behaviourOf = () => ({ kind: "ready", afterMs: 700 }) as const;
    createKubelet({ store, clock, runtime: createSimulatedRuntime({ clock, behaviourOf, stopMsOf: () => 600 }) });
    server = await startApiServer({ store });
  });
  afterAll(() => server.close());

  for (const command of commands()) {
    it(`${command.name}: ${command.command}`, async () => {
      await openEarly(command);
      for (const exchange of command.exchanges) {
        if (isWatch(exchange)) {
          opened.set(exchange, opened.get(exchange) ?? openRecordedWatch(server.url, exchange, names));
        } else {
          expectSame(command, exchange, await asRecorded(exchange));
        }
      }
      for (const exchange of command.exchanges.filter(isWatch)) {
        const watch = await opened.get(exchange);
        expectSame(command, exchange, await watch!.answer((ms) => clock.advance(ms)));
      }
    });
  }

  async function openEarly(command: Command): Promise<void> {
    for (const later of commands().filter(({ name }) => OPENED_BEFORE[name] === command.name)) {
      for (const exchange of later.exchanges.filter(isWatch)) {
        opened.set(exchange, openRecordedWatch(server.url, exchange, names));
        await opened.get(exchange);
      }
    }
  }

  /** A recording has no times: what is read is read again until the controllers have come where they were. */
  async function asRecorded(exchange: Exchange): Promise<Answer> {
    let answer = await play(server.url, exchange, names);
    for (let passed = 0; exchange.request.method === "GET" && !isSame(exchange, answer) && passed < CONVERGES_WITHIN_MS; ) {
      clock.advance(LOOK_EVERY_MS);
      passed += LOOK_EVERY_MS;
      answer = await play(server.url, exchange, names);
    }
    return answer;
  }

  function isSame(exchange: Exchange, answer: Answer): boolean {
    return (
      JSON.stringify(sorted(comparableAnswer(exchange, answer))) === JSON.stringify(sorted(comparableAnswer(exchange, exchange.response)))
    );
  }

  function expectSame({ name }: Command, exchange: Exchange, answer: Answer): void {
    if (!isProtobuf(exchange)) {
      names.learn(exchange.response.body, answer.body);
    }
    const title = `${name} ${exchange.request.method} ${exchange.request.path}`;
    expect(comparableAnswer(exchange, answer), title).toEqual(comparableAnswer(exchange, exchange.response));
  }
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value as KubeObject)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, field]) => [key, sorted(field)]),
      )
    : value;
}
