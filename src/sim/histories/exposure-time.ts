/** A version that fails three requests in ten does not keep its weight while there is somebody to see it. */
import type { Plot } from "./draw.ts";

/** With nothing else in a plot, a verdict follows within a minute or two, whatever the clocks say. */
const ORDINARY: ReadonlySet<string> = new Set(["push", "clock", "kill", "restore", "watches", "second", "snapshot", "rewind"]);
const LONGEST_MS = 8 * 60_000;
const SEEN_FROM = 50;

export interface ExposureWatch {
  /** The weight of the version now, of whatever version it is. */
  note(image: string | undefined, weight: number, at: number): void;
}

export function watchExposureTime(plot: Plot, say: (what: string) => void): ExposureWatch {
  const judged = plot.requestsPerSecond >= SEEN_FROM && plot.happenings.every(({ deed }) => ORDINARY.has(deed.kind));
  let since: number | undefined;
  return {
    note(image, weight, at) {
      const bad = judged && weight > 1 && image === "v4-bad";
      if (since !== undefined && at - since > LONGEST_MS) {
        say(`v4-bad had weight for ${Math.round((at - since) / 60_000)} minutes`);
      }
      since = bad ? (since ?? at) : undefined;
    },
  };
}
