/** What a real kube-apiserver answered, the stand-in answers: the recorded exchanges, in the order in which they were recorded. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Clock, systemClock } from "../../../src/domain/clock.ts";
import type { KubeObject } from "../../../src/domain/kube.ts";
import { createStore, type KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";
import { type Answer, play } from "./support/player.ts";
import { comparable, type Exchange, fixtureText, Names, recorded } from "./support/recording.ts";

const TIMES_FASTER = 10;

/** The recorded time-outs, shorter. */
const fastClock: Clock = {
  ...systemClock,
  schedule: (ms, run) => systemClock.schedule(ms / TIMES_FASTER, run),
  sleep: (ms, signal) => systemClock.sleep(ms / TIMES_FASTER, signal),
};

describe("the recorded exchanges", () => {
  const names = new Names();
  let store: KubeStore;
  let server: ApiServer;

  beforeAll(async () => {
    // The server of the recording had forgotten version 1.
    store = createStore({ now: Date.now, namespaces: ["default", "shop"], resourceVersion: 2000 });
    installDefinition(store, parse(fixtureText("manifests/crd.yaml")) as KubeObject);
    installDefinition(store, standInDefinition("httproute"));
    server = await startApiServer({ store, clock: fastClock });
    const route = parse(fixtureText("manifests/route.yaml")) as KubeObject;
    store.create(store.kinds.byKind(route.apiVersion, route.kind)!, "shop", route);
  });
  afterAll(() => server.close());

  const order = ["paging", "watch", "watch_initial", "watch_old", "watch_future", "watch_table", "conflicts", "status_rules", "invalid"];
  for (const name of [...order, "finalizers", "scale", "leases", "events", "route"]) {
    it(name, async () => {
      for (const [index, exchange] of inOrderOfStart(recorded(name)).entries()) {
        const answer = await exchange.run((one) => play(server.url, one, names));
        names.learn(exchange.recorded.response.body, answer.body);
        const expected = names.translate(exchange.recorded.response.body);
        const title = `${name}[${index}] ${exchange.recorded.request.method} ${exchange.recorded.request.path}`;
        expect(shown(answer, answer.body), title).toEqual(shown(exchange.recorded.response, expected));
      }
    });
  }
});

describe("the recorded authentication", () => {
  let server: ApiServer;
  beforeAll(async () => {
    const store = createStore({ now: Date.now });
    installDefinition(store, parse(fixtureText("manifests/crd.yaml")) as KubeObject);
    server = await startApiServer({ store, token: "right" });
  });
  afterAll(() => server.close());

  it("refuses a missing and a wrong token, and answers what the right one asks", async () => {
    const tokens = [undefined, "Bearer wrong", ...Array.from({ length: 4 }, () => "Bearer right")];
    for (const [index, exchange] of recorded("auth").entries()) {
      const answer = await play(server.url, exchange, new Names(), tokens[index]);
      expect(shown(answer, answer.body), exchange.request.path).toEqual(shown(exchange.response, exchange.response.body));
    }
  });
});

interface Step {
  readonly recorded: Exchange;
  run(play: (exchange: Exchange) => Promise<Answer>): Promise<Answer>;
}

/**
 * The recording lists an exchange when it has ended: a watch without a version saw the write that stands before it, so it must be open by then.
 */
function inOrderOfStart(exchanges: readonly Exchange[]): Step[] {
  return exchanges.map((exchange, index) => {
    const watch = exchanges[index + 1];
    const opens = watch !== undefined && exchange.request.method !== "GET" && isLiveWatch(watch);
    const opened: { answer?: Promise<Answer> } = {};
    if (opens) {
      live.set(watch, opened);
    }
    return {
      recorded: exchange,
      async run(ask) {
        if (opens) {
          opened.answer = ask(watch);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return live.get(exchange)?.answer ?? ask(exchange);
      },
    };
  });
}

const live = new Map<Exchange, { answer?: Promise<Answer> }>();

function isLiveWatch({ request }: Exchange): boolean {
  return request.path.includes("watch=true") && !request.path.includes("resourceVersion");
}

function shown(response: Omit<Answer, "body" | "warning" | "retryAfter"> & Partial<Answer>, body: unknown): unknown {
  const { status, contentType, warning, retryAfter } = response;
  return { status, contentType, warning, retryAfter, body: withoutControllersPart(comparable(body)) };
}

/** What the Deployment controller wrote in the meantime is another test's. */
function withoutControllersPart(body: unknown): unknown {
  const object = body as { kind?: string; metadata?: { annotations?: object }; status?: object };
  if (object?.kind !== "Deployment") {
    return body;
  }
  const { annotations: _annotations, ...metadata } = object.metadata ?? {};
  return { ...object, metadata, status: {} };
}
