/** Makes a broken history shorter: whatever can be left out, without the history becoming whole, is. */
import type { Plot } from "./draw.ts";

/** `breaks`: is a plot still broken? Tries at most a few dozen plots. */
export async function shrink(plot: Plot, breaks: (plot: Plot) => Promise<boolean>): Promise<Plot> {
  let best = plot;
  for (let changed = true; changed; ) {
    changed = false;
    for (const candidate of simpler(best)) {
      if (await breaks(candidate)) {
        best = candidate;
        changed = true;
        break;
      }
    }
  }
  return best;
}

function simpler(plot: Plot): Plot[] {
  const without = plot.happenings.map((_, index) => ({ ...plot, happenings: plot.happenings.filter((_one, other) => other !== index) }));
  const prompt = plot.lags.some((lag) => lag > 0) ? [{ ...plot, lags: plot.lags.map(() => 0) }] : [];
  const single = plot.lags.flatMap((lag, index) =>
    lag > 0 ? [{ ...plot, lags: plot.lags.map((one, other) => (other === index ? 0 : one)) }] : [],
  );
  return [...without, ...prompt, ...single];
}
