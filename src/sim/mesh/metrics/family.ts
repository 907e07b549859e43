/**
 * One metric family of a proxy: its series, by labels in the order in which they are printed, and its text.
 *
 * Linkerd's proxy prints in two dialects: older families plainly (whole bounds, `le` last), newer ones as OpenMetrics
 * (`_total` outside the family's name, `le` first, bounds as floats). Both are kept, since readers must cope with both.
 */

export type Labels = readonly (readonly [name: string, value: string])[];

export interface FamilySpec {
  /** As samples carry it: with `_total` where it is a counter. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly dialect: "plain" | "open";
  readonly unit?: string;
  /** Upper bounds of a histogram, ascending, without +Inf. */
  readonly bounds?: readonly number[];
}

export interface Family {
  add(labels: Labels, amount: number, now: number): void;
  set(labels: Labels, value: number, now: number): void;
  observe(labels: Labels, value: number, now: number): void;
  /** Forgets the series that nobody has touched since. */
  forget(before: number): void;
  text(): string;
}

interface Series {
  value: number;
  sum: number;
  readonly buckets: number[];
  touchedAt: number;
}

export function createFamily(spec: FamilySpec): Family {
  const bounds = spec.bounds ?? [];
  const series = new Map<string, Series>();

  function touch(labels: Labels, now: number): Series {
    const key = labelText(labels);
    const found = series.get(key) ?? { value: 0, sum: 0, buckets: bounds.map(() => 0), touchedAt: now };
    series.set(key, found);
    found.touchedAt = now;
    return found;
  }

  return {
    add(labels, amount, now) {
      touch(labels, now).value += amount;
    },
    set(labels, value, now) {
      touch(labels, now).value = value;
    },
    observe(labels, value, now) {
      const found = touch(labels, now);
      found.value += 1;
      found.sum += value;
      const index = bounds.findIndex((bound) => value <= bound);
      if (index >= 0) found.buckets[index] = (found.buckets[index] ?? 0) + 1;
    },
    forget(before) {
      for (const [key, { touchedAt }] of series) {
        if (touchedAt < before) series.delete(key);
      }
    },
    text() {
      if (series.size === 0) return "";
      const lines = [...series].flatMap(([labels, found]) => seriesLines(spec, bounds, labels, found));
      return [...headLines(spec), ...lines, ""].join("\n");
    },
  };
}

function headLines({ name, type, help, dialect, unit }: FamilySpec): string[] {
  const family = dialect === "open" && type === "counter" ? name.replace(/_total$/, "") : name;
  const unitLine = unit === undefined ? [] : [`# UNIT ${family} ${unit}`];
  return [`# HELP ${family} ${help}`, `# TYPE ${family} ${type}`, ...unitLine];
}

function seriesLines(spec: FamilySpec, bounds: readonly number[], labels: string, series: Series): string[] {
  const { name, type, dialect } = spec;
  if (type === "counter") return [`${name}${braces(labels)} ${series.value}`];
  if (type === "gauge") return [`${name}${braces(labels)} ${series.value}`];
  const open = dialect === "open";
  let total = 0;
  const bucketLine = (bound: string, count: number) => {
    const le = `le="${bound}"`;
    return `${name}_bucket{${(open ? [le, labels] : [labels, le]).filter(Boolean).join(",")}} ${count}`;
  };
  const buckets = bounds.map((bound, index) => {
    total += series.buckets[index] ?? 0;
    return bucketLine(open ? floatText(bound) : String(bound), total);
  });
  const infinite = bucketLine("+Inf", series.value);
  const count = `${name}_count${braces(labels)} ${series.value}`;
  const sum = `${name}_sum${braces(labels)} ${open ? floatText(series.sum) : Math.round(series.sum)}`;
  return open ? [sum, count, ...buckets, infinite] : [...buckets, infinite, count, sum];
}

function braces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function labelText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
