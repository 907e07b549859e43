/** What somebody wrote instead of a string, as text; maps and lists (which may hold a member named `toString`) as their JSON. */
export function asText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
