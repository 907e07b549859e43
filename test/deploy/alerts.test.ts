/** The alert that needs no Serin, by Prometheus' own unit tests of rules. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { requires } from "../support/requires.ts";

const RULES = fileURLToPath(new URL("../../deploy/alerts/frozen.yaml", import.meta.url));
const promtool = requires("promtool");

/** As kube-state-metrics has it, for one Deployment, the same for an hour. */
function series(paused: number, updated: number, wanted: number) {
  const labels = '{namespace="shop",deployment="checkout"}';
  const same = (value: number) => `${value}x60`;
  return [
    { series: `kube_deployment_spec_paused${labels}`, values: same(paused) },
    { series: `kube_deployment_status_replicas_updated${labels}`, values: same(updated) },
    { series: `kube_deployment_spec_replicas${labels}`, values: same(wanted) },
  ];
}

const CASES = [
  ["paused on an old version", [1, 0, 4], true],
  ["paused in the middle of a rolling update", [1, 1, 4], true],
  ["paused, and what runs is what it asks for", [1, 4, 4], false],
  ["rolling by itself", [0, 1, 4], false],
  ["paused without pods", [1, 0, 0], false],
] as const;

test.skipIf(promtool.skip).each(CASES)(`%s${promtool.why}`, (_, [paused, updated, wanted], fires) => {
  const folder = mkdtempSync(join(tmpdir(), "serin-alerts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const alerts = fires ? [{ exp_labels: { severity: "warning", namespace: "shop", deployment: "checkout" } }] : [];
  const expected = (time: string, exp_alerts: readonly object[]) => ({
    eval_time: time,
    alertname: "DeploymentFrozenOnOldVersion",
    exp_alerts,
  });
  const file = join(folder, "test.yaml");
  writeFileSync(
    file,
    stringify({
      rule_files: [RULES],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: series(paused, updated, wanted),
          alert_rule_test: [expected("14m", []), expected("16m", withText(alerts))],
        },
      ],
    }),
  );
  expect(execFileSync("promtool", ["test", "rules", file], { encoding: "utf8" })).toContain("SUCCESS");
});

function withText(alerts: readonly object[]): readonly object[] {
  const exp_annotations = {
    summary: "Deployment shop/checkout is paused and does not run what it asks for",
    description: "A release runs or was rolled back, or nobody is at work: serin status, else serin eject --dry-run.",
  };
  return alerts.map((alert) => ({ ...alert, exp_annotations }));
}
