/** Process three: the mesh's policy controller, a client's proxy, and the load that goes through it. */
import { systemClock } from "../../domain/clock.ts";
import type { ApiAccess } from "../api-access.ts";
import { dialThrough } from "../forward-proxy/dial.ts";
import { type Load, startLoad } from "../load/load.ts";
import type { LoadTally } from "../load/tally.ts";
import { startDirectory } from "../mesh/directory.ts";
import { startOutboundProxy } from "../mesh/outbound-proxy.ts";
import { createPolicyController } from "../mesh/policy-controller.ts";
import { VERSION_HEADER } from "../pods/app.ts";

const NAMESPACE = "shop";
/** Nobody needs the demo for longer, and a forgotten one must end. */
const MAX_SECONDS = 6 * 3600;

export function clientRole() {
  const loads = new Map<string, Load>();
  let proxyUrl = "";
  return {
    /** `forwardProxy`: the way into the pod network. */
    async start({ access, forwardProxy }: { access: ApiAccess; forwardProxy: string }) {
      const clock = systemClock;
      let refresh = () => {};
      const { directory, synced } = startDirectory(
        { ...access, userAgent: "linkerd-destination (stand-in)", clock, onChange: () => refresh() },
        new AbortController().signal,
      );
      await synced;
      const proxy = await startOutboundProxy({
        namespace: NAMESPACE,
        serviceAccount: "load",
        directory,
        dial: dialThrough(forwardProxy),
        random: Math.random,
        clock,
      });
      const policy = createPolicyController({ ...access, directory, clock });
      refresh = () => {
        proxy.refresh();
        policy.refresh();
      };
      refresh();
      proxyUrl = proxy.url;
      return { proxyUrl, adminPort: proxy.adminPort };
    },
    load({ name, url, perSecond }: { name: string; url: string; perSecond: number }) {
      const maxRequests = perSecond * MAX_SECONDS;
      const bounds = { maxRequests, maxSeconds: MAX_SECONDS };
      loads.set(name, startLoad({ proxy: proxyUrl, url, perSecond, ...bounds, versionHeader: VERSION_HEADER, clock: systemClock }));
    },
    tally: (name: string): LoadTally | undefined => loads.get(name)?.tally(),
    /** Answers when the last request is answered. */
    async stop(name: string) {
      const load = loads.get(name);
      load?.stop();
      await load?.done;
    },
  };
}
