/** The weight of this step stands in the status: is it in the route, confirmed by the mesh, long enough, and judged good? */
import type { Policy, StepPolicy } from "../../api/policy.ts";
import { REASON, type Reason } from "../../api/reasons.ts";
import type { CanaryRolloutStatus, StepState } from "../../api/status.ts";
import type { Draft } from "../draft.ts";
import { closedGate } from "../gates.ts";
import { findingsOf } from "../health.ts";
import { freshIntents, names, suspension, used } from "../intents.ts";
import { type Judgement, millis } from "../judgement.ts";
import { lastingFinding } from "../preflight.ts";
import type { Scene } from "../scene.ts";
import { tell } from "../writes.ts";
import { deadlines, evidence, held, raise, reassert, stepName } from "./moves.ts";
import { promote } from "./promote.ts";

interface Step {
  readonly scene: Scene;
  readonly policy: Policy;
  readonly judgement: Judgement;
  readonly index: number;
  readonly step: StepPolicy;
}

export function stepInForce(scene: Scene, policy: Policy, judgement: Judgement, index: number, step: StepPolicy): Draft {
  const at: Step = { scene, policy, judgement, index, step };
  return (
    unsound(at) ??
    reassert(scene, policy, judgement) ??
    suspended(at) ??
    passedByHand(at) ??
    unconfirmed(at) ??
    tooYoung(at) ??
    unjudged(at) ??
    unapproved(at) ??
    forward(at)
  );
}

/** Said when it is found, not only before the next raise; traffic stays as it is. */
function unsound({ scene, policy, judgement }: Step): Draft | undefined {
  const finding = lastingFinding(scene, policy);
  return finding && held(scene, policy, judgement, { reason: finding.reason, text: finding.message, actions: [], stalled: true });
}

function suspended({ scene, policy, judgement }: Step): Draft | undefined {
  const why = suspension(scene.o);
  return why === undefined
    ? undefined
    : held(scene, policy, judgement, { reason: REASON.Suspended, text: `suspended: ${why}`, actions: [], paused: true });
}

/** A promote that names this revision while something is waited for: remembered first, so that it opens one door. */
function passedByHand({ scene, policy, judgement, index }: Step): Draft | undefined {
  const { status, o, revision = "" } = scene;
  const promotes = freshIntents(o).filter((intent) => intent.kind === "promote" && names(intent, revision));
  const [first] = promotes;
  if (first === undefined || status.step === undefined || !status.waitingFor) {
    return undefined;
  }
  const full = promotes.some((intent) => intent.full);
  return {
    phase: "Progressing",
    reason: REASON.Progressing,
    message: `${stepName(policy, index)}: passed by hand (${first.value})`,
    stableText: "a release runs",
    memory: {
      ...used(status, promotes),
      ...evidence(judgement),
      step: { ...status.step, passed: full ? "Full" : "Step" },
      waitingFor: "",
    },
    findings: findingsOf(scene, judgement),
    wakes: [scene.now],
    why: [`promote asked: ${first.value}`],
  };
}

function unconfirmed(at: Step): Draft | undefined {
  const { share } = at.judgement;
  if (share.verdict === "Contradicted") {
    return waiting(at, "Confirming", REASON.TrafficUnconfirmed, "the mesh's share contradicts the weight", false);
  }
  if (share.confirmedAt !== undefined || passed(at)) {
    return undefined;
  }
  const reason = at.judgement.verdict === "Error" ? REASON.MetricsUnavailable : REASON.InsufficientTraffic;
  return waiting(at, "Confirming", reason, `confirming the weight (${share.requests} meshed requests so far)`, true);
}

function tooYoung(at: Step): Draft | undefined {
  const since = at.judgement.share.confirmedAt;
  const until = since === undefined ? 0 : since + at.step.minDurationMs;
  return at.scene.now < until && !passed(at) ? waiting(at, "Analysing", REASON.Inconclusive, at.judgement.why, true, until) : undefined;
}

function unjudged(at: Step): Draft | undefined {
  const { judgement, step } = at;
  const unknown = judgement.verdict === "Inconclusive" || judgement.verdict === "NoData";
  if (judgement.verdict === "Pass" || passed(at) || (unknown && isOver(at) && step.onInconclusive === "Advance")) {
    return undefined;
  }
  const reason =
    { NoData: REASON.InsufficientTraffic, Error: REASON.MetricsUnavailable }[judgement.verdict as string] ?? reasonOf(judgement);
  return waiting(at, "Analysing", reason, judgement.why, judgement.verdict !== "Error");
}

/** Too few requests to pass a threshold is thin traffic; enough of them and no verdict is a matter for a person. */
function reasonOf(judgement: Judgement): Reason {
  return judgement.thin ? REASON.InsufficientTraffic : REASON.Inconclusive;
}

function unapproved(at: Step): Draft | undefined {
  const { scene, step, index, judgement } = at;
  if (!step.approval || passed(at)) {
    return undefined;
  }
  const what = `Approval(step ${index + 1})`;
  return {
    ...base(at, "Waiting"),
    phase: "Paused",
    reason: REASON.AwaitingApproval,
    message: `${stepName(at.policy, index)}: ${judgement.why}; waiting for approval: serin promote ${scene.names.rollout}`,
    stableText: `waiting for approval of step ${index + 1}`,
    memory: { ...memoryOf(at, "Waiting"), waitingFor: what },
    events: [tell(scene, REASON.AwaitingApproval, `${what}: serin promote ${scene.names.rollout}`, { onTarget: true, step: index })],
  };
}

function forward(at: Step): Draft {
  const { scene, policy, judgement, index } = at;
  const last = index >= policy.steps.length;
  if (last) {
    return promote(scene, policy, judgement);
  }
  const next = scene.status.step?.passed === "Full" ? policy.steps.length : index + 1;
  const weight = policy.steps[next]?.weight ?? 100;
  const wait = closedGate(scene, policy, weight);
  return wait === undefined ? raise(scene, policy, judgement, next) : held(scene, policy, judgement, wait);
}

function passed({ scene }: Step): boolean {
  return scene.status.step?.passed !== undefined;
}

function isOver({ scene, step }: Step): boolean {
  return scene.now - (millis(scene.status.traffic?.writtenAt) ?? scene.now) > step.maxDurationMs;
}

/** Within maxDuration it is progress; after it a person is asked. `open`: a promote may pass it. */
function waiting(at: Step, state: StepState, reason: Reason, text: string, open: boolean, until?: number): Draft {
  const { scene, policy, index, step } = at;
  const over = isOver(at);
  const message = `${stepName(policy, index)}: ${text}`;
  const maxAt = (millis(scene.status.traffic?.writtenAt) ?? scene.now) + step.maxDurationMs + 1;
  const draft: Draft = {
    ...base(at, state),
    phase: "Progressing",
    reason: REASON.Progressing,
    message,
    stableText: "a release runs",
    wakes: [until, over ? undefined : maxAt, ...deadlines(scene, policy)],
  };
  if (reason === REASON.MetricsUnavailable) {
    return metricsAreGone(at, draft);
  }
  return over ? asked(at, draft, reason, open) : draft;
}

function asked(at: Step, draft: Draft, reason: Reason, open: boolean): Draft {
  const { scene, index } = at;
  const help = open ? `; serin promote ${scene.names.rollout} passes it` : "";
  return {
    ...draft,
    phase: "Paused",
    stalled: true,
    reason,
    message: `${draft.message}; maxDuration is over${help}`,
    stableText: `no verdict within maxDuration of step ${index + 1}: ${reason}`,
    memory: { ...draft.memory, waitingFor: open ? `Inconclusive(step ${index + 1})` : "" },
    events: [tell(scene, reason, draft.message, { warning: true, onTarget: true, step: index })],
  };
}

/** Held, and after errorTimeout a person must know. */
function metricsAreGone(at: Step, draft: Draft): Draft {
  const { scene, policy } = at;
  const fault = scene.o.samples.fault;
  const since = fault?.since ?? scene.now;
  const over = scene.now - since > policy.analysis.errorTimeoutMs;
  const wakes = [...(draft.wakes ?? []), over ? undefined : since + policy.analysis.errorTimeoutMs + 1];
  const text = { message: `${draft.message}; traffic is held`, stableText: fault?.message ?? "metrics are not available", wakes };
  if (!over) {
    return { ...draft, ...text, reason: REASON.MetricsUnavailable };
  }
  return {
    ...draft,
    ...text,
    phase: "Stalled",
    stalled: true,
    reason: REASON.MetricsUnavailable,
    events: [tell(scene, REASON.MetricsUnavailable, text.stableText, { warning: true, onTarget: true, step: "timeout" })],
  };
}

function base(at: Step, state: StepState): Pick<Draft, "memory" | "findings" | "why"> {
  return { memory: memoryOf(at, state), findings: findingsOf(at.scene, at.judgement), why: [at.judgement.why] };
}

function memoryOf({ scene, judgement }: Step, state: StepState): CanaryRolloutStatus {
  const { status } = scene;
  const { share } = judgement;
  return {
    ...status,
    ...evidence(judgement),
    waitingFor: "",
    ...(status.step ? { step: { ...status.step, state } } : {}),
    traffic: {
      ...status.traffic,
      weight: status.traffic?.weight ?? "0%",
      ...(share.observed === undefined ? {} : { observedShare: `${share.observed.toFixed(1)}%` }),
      ...(share.confirmedAt === undefined ? {} : { confirmedAt: new Date(share.confirmedAt).toISOString() }),
    },
  };
}
