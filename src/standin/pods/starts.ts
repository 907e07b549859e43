/** How many pods a runtime was asked to start, by namespace. */
export interface Starts {
  add(namespace: string): void;
  /** In that namespace, or in all. */
  of(namespace: string | undefined): number;
}

export function createStarts(): Starts {
  const counts = new Map<string, number>();
  return {
    add: (namespace) => void counts.set(namespace, (counts.get(namespace) ?? 0) + 1),
    of: (namespace) =>
      namespace === undefined ? [...counts.values()].reduce((sum, count) => sum + count, 0) : (counts.get(namespace) ?? 0),
  };
}
