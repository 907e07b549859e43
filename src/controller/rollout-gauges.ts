/** The series of each rollout. Kept is one small record of each; the twenty series are made of it whenever somebody asks. */
import { Counter, type MetricValue, type Registry } from "prom-client";
import { PHASES, VERDICTS } from "../api/status.ts";
import { percentOf } from "../engine/scene.ts";
import type { Plan } from "../engine/types.ts";
import { SlicedGauge } from "./exposition.ts";

export interface RolloutGauges {
  decided(key: string, plan: Plan): void;
  forget(key: string): void;
}

interface State {
  readonly weight: number;
  /** -1: none is in force. */
  readonly step: number;
  readonly phase: string | undefined;
  readonly verdict: string | undefined;
}

type Labels = Readonly<Record<string, string>>;
type Values = readonly (readonly [Labels, number])[];

export function createRolloutGauges(registry: Registry): RolloutGauges {
  const states = new Map<string, State>();
  const series = (name: string, help: string, values: (state: State) => Values) =>
    registry.registerMetric(new SlicedGauge(name, help, () => slicesOf(states, values)));
  series("serin_rollout_weight_percent", "Weight that the canary may get", ({ weight }) => [[{}, weight]]);
  series("serin_rollout_step", "Index of the step in force, from 0; -1: none", ({ step }) => [[{}, step]]);
  series("serin_rollout_phase", "1 for the phase that it is in", (state) =>
    PHASES.map((phase) => [{ phase }, Number(state.phase === phase)]),
  );
  series("serin_rollout_verdict", "1 for the verdict of the analysis", (state) =>
    VERDICTS.map((verdict) => [{ verdict }, Number(state.verdict === verdict)]),
  );
  const decisions = new Counter({
    name: "serin_decisions_total",
    help: "Transitions told as events, by reason",
    labelNames: ["reason"],
    registers: [registry],
  });
  return {
    decided(key, { view, events }) {
      const step = view.canary === undefined ? -1 : (view.step?.index ?? -1);
      states.set(key, { weight: percentOf(view.traffic?.weight), step, phase: view.phase, verdict: view.analysis?.verdict });
      for (const { reason } of events) {
        decisions.inc({ reason });
      }
    },
    forget: (key) => void states.delete(key),
  };
}

/** So many rollouts at a time. */
const SLICE = 100;

function* slicesOf(states: ReadonlyMap<string, State>, values: (state: State) => Values): Generator<readonly MetricValue<string>[]> {
  const all = [...states];
  for (let start = 0; start === 0 || start < all.length; start += SLICE) {
    yield all.slice(start, start + SLICE).flatMap((one) => valuesOf(one, values));
  }
}

function valuesOf([key, state]: readonly [string, State], values: (state: State) => Values): MetricValue<string>[] {
  const [namespace = "", name = ""] = key.split("/");
  return values(state).map(([labels, value]) => ({ labels: { namespace, name, ...labels }, value }));
}
