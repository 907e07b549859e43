/**
 * What `/metrics` says, piece by piece: of thousands of rollouts it is some megabytes, which nobody has to hold at once, and between
 * two pieces the process does its other work.
 */
import { Gauge, type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";

type Slice = readonly MetricValue<string>[];

/** A gauge that holds no values: they are made when somebody asks, slice by slice, at least one. */
export class SlicedGauge extends Gauge {
  readonly #of: { readonly name: string; readonly help: string };
  readonly #slices: () => Iterable<Slice>;

  constructor(name: string, help: string, slices: () => Iterable<Slice>) {
    super({ name, help, registers: [] });
    this.#of = { name, help };
    this.#slices = slices;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return { ...(await super.get()), values: [...this.#slices()].flat() };
  }

  /** The text of the whole gauge: that of a gauge of each slice alone, under the first one's heading. */
  async *text(): AsyncGenerator<string> {
    const { name, help } = this.#of;
    let heading = true;
    for (const slice of this.#slices()) {
      const alone = new Registry();
      alone.registerMetric(new SlicedGauge(name, help, () => [slice]));
      const text = await alone.metrics();
      yield heading ? text : text.replace(/^#.*\n/gm, "");
      heading = false;
    }
  }
}

export async function* exposition(registry: Registry): AsyncGenerator<string> {
  for (const metric of registry.getMetricsAsArray()) {
    if (metric instanceof SlicedGauge) yield* metric.text();
    else yield `${await registry.getSingleMetricAsString(metric.name)}\n`;
  }
}
