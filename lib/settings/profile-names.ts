/** Profiles: complete default settings of a size, from seconds to days. What each one means stands beside what it sets. */

/**
 * `smoke`: seconds, for tests. `quick`: real data on two CPU cores, minutes a run. `study`: long enough for what a paper claims to be
 * seen, up to an hour a run, a night a question. `paper`: the authors' settings, for a GPU.
 */
export const profileNames = ['smoke', 'quick', 'study', 'paper'] as const;

export type ProfileName = (typeof profileNames)[number];
