/** What all policies are given alike: the shares of the steps, and how long a release may take at the most. */
export const WEIGHTS: readonly number[] = [0.05, 0.1, 0.2, 0.5];
export const MOST_SECONDS = 3_720;
/** The peers look at samples of 15 s. */
export const SCRAPE_SECONDS = 15;
export const SCRAPES_PER_MINUTE = 4;
