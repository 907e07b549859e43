import { describe, expect, test } from "vitest";
import { parseConfig } from "../src/config.ts";

describe("the controller's configuration", () => {
  test("needs nothing", () => {
    expect(parseConfig({}, {})).toMatchObject({
      ok: true,
      config: { port: 9090, preset: "Linkerd", class: "", leaderElection: true },
    });
  });

  test("a flag beats its variable, a variable beats the default", () => {
    const environment = { SERIN_PORT: "1", SERIN_PROMETHEUS_URL: "http://a:9090", SERIN_LEADER_ELECTION: "false" };
    expect(parseConfig({ port: "2" }, environment)).toMatchObject({
      ok: true,
      config: { port: 2, prometheusUrl: "http://a:9090", leaderElection: false },
    });
  });

  test.each([
    [{ port: "99999" }, "--port"],
    [{ prometheusUrl: "prometheus:9090" }, "--prometheus-url"],
    [{ logLevel: "loud" }, "--log-level"],
    [{ concurrency: "0" }, "--concurrency"],
  ])("%o is refused by the name of its flag", (flags, flag) => {
    const parsed = parseConfig(flags, {});
    expect(parsed.ok ? [] : parsed.errors).toEqual([expect.stringMatching(new RegExp(`^${flag}: .+`))]);
  });
});
