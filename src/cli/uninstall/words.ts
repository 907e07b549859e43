/** What an uninstall finds and does, for people and for machines. Pure. */
import { HANDS_OFF } from "../../api/marks.ts";
import { kubectlLines } from "../eject/kubectl.ts";
import { runsItsTemplate } from "../eject/plan.ts";
import type { Paint } from "../io.ts";
import type { Item } from "./inventory.ts";

/** For what is installed in one namespace, or (undefined) for the whole cluster. */
export type Scope = string | undefined;

export function itemLines(item: Item, paint: Paint): string[] {
  const { namespace, name, holds, steps } = item;
  return [
    `${paint("bold", `${namespace}/${name}`)}  ${phaseOf(item)}`,
    ...holds.map(({ kind, object, detail }) => `  ${kind.padEnd(9)} ${object}  ${detail}`),
    ...(steps.length === 0 ? ["  nothing is left to undo"] : ["  in this order"]),
    ...steps.map(({ title }, index) => `  ${String(index + 1).padStart(3)}. ${title}`),
    ...frozenLines(item).map((line) => `  ${line}`),
    "",
  ];
}

/** As one document; `done`: the steps were carried out. */
export function documentOf(items: readonly Item[], scope: Scope, done: boolean): object {
  return {
    scope: scope ?? "all namespaces",
    done,
    rollouts: items.map((item) => ({
      namespace: item.namespace,
      name: item.name,
      phase: phaseOf(item),
      deployment: item.snapshot.deployment?.metadata.name ?? null,
      untried: !runsItsTemplate(item.snapshot),
      holds: item.holds,
      steps: item.steps.map((step) => ({ title: step.title, kubectl: kubectlLines([step], item.namespace).slice(1) })),
    })),
    afterwards: afterwards(scope),
  };
}

/** What a person does when nothing is held any more. */
export function afterwards(scope: Scope): string[] {
  const where = scope === undefined ? "-A" : `-n ${scope}`;
  const install = scope === undefined ? "deploy/cluster" : "deploy/namespaced";
  return [
    `kubectl delete -k ${install}`,
    ...(scope === undefined ? [] : [`kubectl delete canaryrollouts.serin.dev --all ${where}`]),
    `kubectl annotate deployments --all ${where} ${HANDS_OFF}-`,
  ];
}

/** The untried is not shipped by leaving: what becomes of such a Deployment is a person's choice. */
export function frozenLines({ namespace, snapshot }: Item): string[] {
  const { deployment, name } = snapshot;
  if (deployment === undefined || runsItsTemplate(snapshot)) return [];
  return [
    `Deployment ${deployment.metadata.name} stays paused: its template was never released. Take it back in Git and uninstall again,`,
    `or ship it as it is: serin eject ${name} -n ${namespace} --ship`,
  ];
}

function phaseOf({ snapshot }: Item): string {
  return snapshot.rollout === undefined ? "without a CanaryRollout" : (snapshot.rollout.status?.phase ?? "not adopted");
}
