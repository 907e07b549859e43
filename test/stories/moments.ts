/** Moments of a release at which the stories begin, and what they look at. */
import { RESOURCES, type ReplicaSet, type Route, type Service } from "../../src/domain/kube.ts";
import { NAMESPACE } from "../../src/sim/world/world.ts";
import { adopted, type Story } from "./story.ts";

const STEPS = {
  steps: [
    { weight: 5, minDuration: "10s" },
    { weight: 50, minDuration: "10s" },
  ],
  bake: "10s",
};
export const SPEC = { strategy: STEPS, analysis: { interval: "2s" } };
export const bad = (image: string) => ({ failRate: image === "checkout:2" ? 0.4 : 0, latencyMs: 20 });

/** In the middle of a good release, at this weight. */
export async function atWeight(weights: string, options: Parameters<typeof adopted>[0] = {}): Promise<Story> {
  const story = await adopted({ spec: SPEC, replicas: 4, ...options });
  story.push("checkout:2");
  await story.world.until(`weights ${weights}`, () => story.weights() === weights);
  return story;
}

export function setWeights(story: Story, stable: number, canary: number): void {
  const route = story.world.store.get(RESOURCES.httpRoutes, NAMESPACE, "checkout") as Route;
  const [rule] = route.spec.rules ?? [];
  const [first, second] = rule?.backendRefs ?? [];
  const backendRefs = [
    { ...first, weight: stable },
    { ...second, weight: canary },
  ];
  story.patch(RESOURCES.httpRoutes, "checkout", {
    metadata: { annotations: { "test/by": "argocd" } },
    spec: { rules: [{ ...rule, backendRefs }] },
  });
}

export function condition(story: Story, type: string) {
  return story.status().conditions?.find((one) => one.type === type);
}

export function podUids(story: Story, image: string): string[] {
  const pods = story.world.store.list(RESOURCES.pods, { namespace: NAMESPACE }).items;
  return pods
    .filter((pod) => JSON.stringify(pod["spec"]).includes(image))
    .map((pod) => pod.metadata.uid ?? "")
    .sort();
}

/** Every split that stands in the route from now on, each once. */
export function weightsSeen(story: Story): string[] {
  const seen: string[] = [];
  story.world.store.subscribe(({ resource }) => {
    if (resource.plural === "httproutes" && seen.at(-1) !== story.weights()) {
      seen.push(story.weights());
    }
  });
  return seen;
}

/** Pods of a version, ready or not. */
export function podsOf(story: Story, hash: string | undefined) {
  return story.world.store
    .list(RESOURCES.pods, { namespace: NAMESPACE })
    .items.filter((pod) => pod.metadata.labels?.["pod-template-hash"] === hash);
}

export function setReady(story: Story, pod: string, status: "True" | "False"): void {
  const body = { status: { conditions: [{ type: "Ready", status }] } };
  story.world.store.patch(RESOURCES.pods, NAMESPACE, pod, { type: "merge", body }, { subresource: "status" });
}

export function serviceOf(story: Story, name: string): Service | undefined {
  return story.world.store.find(RESOURCES.services, NAMESPACE, name) as Service | undefined;
}

export function setsOf(story: Story): readonly ReplicaSet[] {
  return story.world.store.list(RESOURCES.replicaSets, { namespace: NAMESPACE }).items as readonly ReplicaSet[];
}

/** What Serin made or marked, and has not taken away. */
export function leftovers(story: Story): string[] {
  const names = [
    ...["checkout-stable", "checkout-canary"].filter((name) => serviceOf(story, name) !== undefined),
    ...setsOf(story)
      .filter((set) => set.metadata.labels?.["serin.dev/role"] === "trial")
      .map(() => "trial"),
  ];
  const pin = serviceOf(story, "checkout")?.spec.selector?.["pod-template-hash"];
  return [...names, ...(pin ? [`pin ${pin}`] : []), ...(story.weights() === "no route" ? [] : ["route"])];
}
