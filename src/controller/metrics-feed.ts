/** The feed of samples with its sources, from the controller's configuration. */
import type { ControllerConfig } from "../config.ts";
import type { Clock } from "../domain/clock.ts";
import { createFeed, type Feed } from "../metrics/feed.ts";
import type { OnSamples } from "../metrics/feed-session.ts";
import { createPrometheusSource } from "../metrics/prometheus.ts";
import { createProxiesSource } from "../metrics/proxies.ts";
import type { Telemetry } from "./telemetry.ts";

export function createMetricsFeed(config: ControllerConfig, clock: Clock, telemetry: Telemetry, onSamples: OnSamples): Feed {
  return createFeed({
    clock,
    sources: {
      Proxies: createProxiesSource({ onScrape: telemetry.onScrape }),
      Prometheus: createPrometheusSource({
        url: config.prometheusUrl,
        tokenFile: config.prometheusTokenFile,
        caFile: config.prometheusCaFile,
        onQuery: telemetry.onQuery,
      }),
    },
    onSamples,
  });
}
