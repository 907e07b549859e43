/** Asks one after another; the first that answers speaks. Guards, gates and checks are lists of such questions. */
export function firstAnswer<A extends readonly unknown[], T>(
  questions: readonly ((...about: A) => T | undefined)[],
  ...about: A
): T | undefined {
  for (const ask of questions) {
    const answer = ask(...about);
    if (answer !== undefined) {
      return answer;
    }
  }
  return undefined;
}
