/** Power of two choices: of two endpoints drawn at random the one with fewer requests on their way. */
export function pickLessLoaded<T extends { readonly load: number }>(endpoints: readonly T[], random: () => number): T | undefined {
  const first = draw(endpoints, random);
  const second = draw(
    endpoints.filter((endpoint) => endpoint !== first),
    random,
  );
  if (first === undefined || second === undefined) return first;
  return second.load < first.load ? second : first;
}

function draw<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}
