/** Something that stands in the way, and the way out. Stable text: no times, figures or random names. */
export interface Finding {
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}
