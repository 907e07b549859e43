/** What a proxy's admin server answers. Scrapes and probes of it are counted like any other request. */
import { familiesText, type ProxyFamilies } from "../../sim/mesh/metrics/families.ts";
import type { App } from "./inbound-proxy.ts";

export const ADMIN_PROBES: ReadonlySet<string> = new Set(["/ready", "/live"]);

export function adminApp(families: ProxyFamilies): App {
  return async ({ path }) => {
    const text = { "content-type": "text/plain" };
    if (path === "/metrics") return { status: 200, headers: text, body: familiesText(families) };
    if (ADMIN_PROBES.has(path)) return { status: 200, headers: text, body: path === "/ready" ? "ready\n" : "live\n" };
    return { status: 404, headers: text, body: "" };
  };
}
