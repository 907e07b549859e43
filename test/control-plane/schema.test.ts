/** One corpus, three judges: zod, a real API server under the CRD, and the in-memory one, which must say the same to the letter. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDocuments } from "../../src/api/lint/documents.ts";
import { parseRollout } from "../../src/api/parse-rollout.ts";
import { RESOURCES } from "../../src/domain/kube.ts";
import { createStore } from "../../src/sim/kube/store.ts";
import { type ApiAccess, createAsk, pathOf } from "../../src/standin/api-access.ts";
import { type ApiServer, startApiServer } from "../../src/standin/apiserver/server.ts";
import { bad, good, type Sample } from "../api/corpus.ts";
import { DEFINITIONS, ownDefinition, startTestPlane, type TestPlane } from "../support/control-plane.ts";

let real: TestPlane;
let memory: ApiServer;

beforeAll(async () => {
  real = await startTestPlane();
  const store = createStore({ now: Date.now });
  store.create(DEFINITIONS, "", ownDefinition());
  memory = await startApiServer({ store });
}, 180_000);
afterAll(async () => {
  await real.close();
  await memory.close();
});

interface Verdict {
  readonly code: number;
  readonly reason?: string;
  readonly message?: string;
  readonly causes?: unknown;
}

/** Strictly, as kubectl does, and without storing it. */
async function judged(access: ApiAccess, object: object): Promise<Verdict> {
  const answer = await createAsk(access, "serin-test")(pathOf(RESOURCES.canaryRollouts, "default"), {
    method: "POST",
    query: { dryRun: "All", fieldValidation: "Strict" },
    body: object,
  });
  const body = (await answer.body.json()) as { reason?: string; message?: string; details?: { causes?: unknown } };
  if (answer.statusCode === 201) return { code: 201 };
  return { code: answer.statusCode, reason: body.reason ?? "", message: body.message ?? "", causes: body.details?.causes };
}

interface Rollout {
  readonly metadata?: { readonly namespace?: string };
}

function rolloutsIn({ text }: Sample): Rollout[] {
  const objects = readDocuments({ name: "f", text }).manifests.map(({ object }) => object as Rollout & Record<string, unknown>);
  const ours = objects.filter((one) => one["apiVersion"] === "serin.dev/v1alpha1" && one["kind"] === "CanaryRollout");
  return ours.map((one) => (one.metadata === undefined ? one : { ...one, metadata: { ...one.metadata, namespace: "default" } }));
}

const samples = [...good, ...bad.filter(({ apiServer }) => apiServer !== "unreadable")];

describe.each(samples)("$name", (sample) => {
  const rollouts = rolloutsIn(sample);
  const agrees = !("apiServer" in sample) || (sample as { apiServer: string }).apiServer === "refuses too";

  it.runIf(rollouts.length > 0)("is judged alike", async () => {
    for (const rollout of rollouts) {
      const answer = await judged(real.plane.access(), rollout);
      if (agrees) expect(answer.code === 201, JSON.stringify(answer)).toBe(parseRollout(rollout).ok);
      expect(await judged({ server: memory.url }, rollout)).toEqual(answer);
    }
  });
});
