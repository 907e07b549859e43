/** What each series of a reading counts for one release: the preset's conditions with the release's port and Services. */
import type { SampleRequest } from "../domain/samples.ts";
import { anyHolds, holds } from "./condition.ts";
import type { Preset, ServerFamily } from "./presets/preset.ts";
import type { Series } from "./series.ts";
import { parseValue } from "./text.ts";

export type Side = "stable" | "canary";

export type Meaning =
  | { readonly kind: "requests"; readonly failed: boolean; readonly refused: boolean; readonly meshed: boolean }
  /** Answers that did not fail and took at most `leMs`; +Inf counts all. */
  | { readonly kind: "latency"; readonly leMs: number }
  | { readonly kind: "backend"; readonly side: Side; readonly counts: "requests" | "failures" }
  | { readonly kind: "start" };

export type Meanings = (series: Series) => Meaning | undefined;

export function meaningsOf(preset: Preset, request: SampleRequest): Meanings {
  const { requests, latency, processStart } = preset;
  const backends = preset.backends[request.route.kind];
  const port = String(request.targetPort);
  return (series) => {
    const { name, labels } = series;
    const isOurs = ({ portLabel, needs }: ServerFamily) =>
      (portLabel === undefined || labels[portLabel] === port) && needs.every((label) => labels[label] !== undefined);
    switch (name) {
      case processStart:
        return { kind: "start" };
      case requests.name:
        if (!isOurs(requests)) return undefined;
        return requestsMeaning(requests, labels);
      case latency.name:
        return isOurs(latency) && !anyHolds(latency.failed, labels) ? boundOf(labels["le"], latency.unitMs) : undefined;
      case backends?.requests.name:
      case backends?.responses.name:
        return backends && backendMeaning(series, backends, request);
      default:
        return undefined;
    }
  };
}

function requestsMeaning(requests: Preset["requests"], labels: Series["labels"]): Meaning {
  const failed = anyHolds(requests.failed, labels);
  const refused = !failed && anyHolds(requests.clientErrors, labels);
  return { kind: "requests", failed, refused, meshed: holds(requests.meshed, labels) };
}

function boundOf(le: string | undefined, unitMs: number): Meaning {
  const bound = parseValue(le ?? "") ?? Number.NaN;
  // Seconds as floats would make 0.025 s a little more than 25 ms.
  return { kind: "latency", leMs: unitMs === 1 ? bound : Number((bound * unitMs).toPrecision(12)) };
}

function backendMeaning({ name, labels }: Series, backends: Preset["backends"][string], request: SampleRequest): Meaning | undefined {
  const { services, namespace } = request;
  const backend = labels[backends.backendName];
  if (labels[backends.backendNamespace] !== namespace || (backend !== services.stable && backend !== services.canary)) return undefined;
  const side = backend === services.canary ? "canary" : "stable";
  if (name === backends.requests.name) return { kind: "backend", side, counts: "requests" };
  return anyHolds(backends.responses.failed, labels) ? { kind: "backend", side, counts: "failures" } : undefined;
}
