/**
 * Prometheus' query API: the one place that knows the package prometheus-query, version 3.5.
 *
 * What is put right here, by interceptors of its HTTP client: queries go by POST (they are long), end with the signal, have
 * a size limit and the CA file's certificates; the status of an error without a JSON body is kept (linkerd-viz answers 403
 * with an empty one, and it takes an answer that it cannot read for a network error); the series are read here, without an object and
 * a Date for every sample, and without those that are native histograms, on which it would throw. +Inf is read as NaN: both are
 * refused as counts anyway. What it throws is not always an Error: here everything becomes a typed answer.
 */
import { Agent as HttpsAgent } from "node:https";
import { PrometheusDriver } from "prometheus-query";
import type { Labels } from "./series.ts";
import type { Failure } from "./source.ts";

export interface ApiSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

export interface ApiSeries {
  /** Without the name. */
  readonly labels: Labels;
  readonly samples: readonly ApiSample[];
}

export type ApiAnswer = { readonly ok: true; readonly series: readonly ApiSeries[] } | Failure;

export interface ApiAccess {
  readonly url: string;
  readonly token: string | undefined;
  /** PEM. */
  readonly ca: string | undefined;
  /** What to do about a 401 or 403. */
  readonly whenForbidden: string;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The signal ends a query; this is for the case that somebody forgets to. */
const TIMEOUT_MS = 60_000;

export interface PrometheusApi {
  /** `time` in milliseconds since the epoch. */
  query(query: string, time: number, signal: AbortSignal): Promise<ApiAnswer>;
  close(): void;
}

export function createPrometheusApi({ url, token, ca, whenForbidden }: ApiAccess): PrometheusApi {
  const httpsAgent = new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) });
  return {
    async query(query, time, signal) {
      let rejected: Rejected | undefined;
      let result: readonly Result[] = [];
      const driver = new PrometheusDriver({
        endpoint: url,
        preferPost: true,
        timeout: TIMEOUT_MS,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        requestInterceptor: {
          onFulfilled: (config) => Object.assign(config, { signal, httpsAgent, maxContentLength: MAX_BYTES, maxRedirects: 0 }),
        },
        responseInterceptor: {
          onFulfilled: (response) => {
            const answer = withoutResult(response.data);
            result = answer.result;
            return Object.assign(response, { data: answer.body });
          },
          onRejected: (error: Rejected) => {
            rejected = error;
            throw error;
          },
        },
      });
      try {
        await driver.instantQuery(query, time);
        return { ok: true, series: result.flatMap(seriesOf) };
      } catch {
        signal.throwIfAborted();
        return failureOf(rejected, whenForbidden);
      }
    },
    close: () => httpsAgent.destroy(),
  };
}

/** A range vector has values, an instant vector has one, a native histogram neither. */
interface Result {
  readonly metric: Labels & { readonly __name__?: string };
  readonly values?: readonly Value[];
  readonly value?: Value;
}

type Value = readonly [seconds: number, value: string];

/** The answer without its series, and these; one of another form stays as it is. */
function withoutResult(body: unknown): { readonly body: unknown; readonly result: readonly Result[] } {
  const data = (body as { data?: { result?: unknown } } | null)?.data;
  if (!Array.isArray(data?.result)) return { body, result: [] };
  return { body: { ...(body as object), data: { ...data, result: [] } }, result: data.result };
}

function seriesOf({ metric: { __name__: _, ...labels }, values, value }: Result): ApiSeries[] {
  const samples = values ?? (value === undefined ? undefined : [value]);
  return samples === undefined ? [] : [{ labels, samples: samples.map(sampleOf) }];
}

function sampleOf([seconds, value]: Value): ApiSample {
  return { at: Math.round(seconds * 1000), value: Number.parseFloat(value) };
}

/** What the HTTP client rejected; an answer that it let through is no answer of Prometheus if reading it fails. */
interface Rejected {
  readonly code?: string;
  readonly message?: string;
  readonly response?: { readonly status: number; readonly data?: { readonly error?: unknown } | string };
}

function failureOf(rejected: Rejected | undefined, whenForbidden: string): Failure {
  if (rejected === undefined) return badAnswer("the address of --prometheus-url answers, but not as Prometheus does");
  const { code, message, response } = rejected;
  if (response === undefined) {
    if (message?.startsWith("maxContentLength")) return badAnswer("Prometheus' answer is larger than Serin reads");
    return unreachable(
      `Prometheus cannot be reached (${code ?? "no answer"}): see --prometheus-url, --prometheus-ca-file and NetworkPolicies`,
    );
  }
  const { status, data } = response;
  if (status === 401 || status === 403) {
    return { ok: false, reason: "Forbidden", message: `Prometheus refuses Serin (${status}): ${whenForbidden}` };
  }
  if (status >= 500) return unreachable(`Prometheus answers ${status}: is it up, and what does its log say?`);
  const said = typeof data === "object" && typeof data.error === "string" ? `: ${data.error}` : "";
  return badAnswer(`Prometheus answers ${status}${said}; is --prometheus-url its address?`);
}

function badAnswer(message: string): Failure {
  return { ok: false, reason: "BadAnswer", message };
}

function unreachable(message: string): Failure {
  return { ok: false, reason: "Unreachable", message };
}
