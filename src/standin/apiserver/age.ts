/** Times as kubectl shows them: how long ago, in at most two units. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Up to which age two units are told, and which. Source of the limits: apimachinery, util/duration.HumanDuration. */
const TWO_UNITS = [
  { from: 2 * MINUTE, below: 10 * MINUTE, large: MINUTE, small: SECOND, names: "ms" },
  { from: 3 * HOUR, below: 8 * HOUR, large: HOUR, small: MINUTE, names: "hm" },
  { from: 2 * DAY, below: 8 * DAY, large: DAY, small: HOUR, names: "dh" },
  { from: 2 * YEAR, below: 8 * YEAR, large: YEAR, small: DAY, names: "yd" },
];

const ONE_UNIT = [
  { below: 2 * MINUTE, unit: SECOND, name: "s" },
  { below: 3 * HOUR, unit: MINUTE, name: "m" },
  { below: 2 * DAY, unit: HOUR, name: "h" },
  { below: 2 * YEAR, unit: DAY, name: "d" },
  { below: Number.POSITIVE_INFINITY, unit: YEAR, name: "y" },
];

export function ageText(time: unknown, now: number): string {
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? "<unknown>" : durationText(Math.max(0, now - at));
}

export function durationText(ms: number): string {
  const two = TWO_UNITS.find(({ from, below }) => ms >= from && ms < below);
  if (two !== undefined) {
    const small = Math.floor((ms % two.large) / two.small);
    return `${Math.floor(ms / two.large)}${two.names[0]}${small === 0 ? "" : `${small}${two.names[1]}`}`;
  }
  const one = ONE_UNIT.find(({ below }) => ms < below);
  return one === undefined ? "" : `${Math.floor(ms / one.unit)}${one.name}`;
}
