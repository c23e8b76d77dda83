/** Runs that differ only in their seed. */

/** Factors of a run, one of which is the seed that everything random in it follows from. */
export interface SeededFactors {
  seed: number;
}

/** What stays of factors when seeds are put together. */
export type Setting<Factors extends SeededFactors> = Omit<Factors, 'seed'>;

/** All runs of a setting. */
export interface SeedGroup<Run extends { factors: SeededFactors }> {
  setting: Setting<Run['factors']>;
  /** By ascending seed. */
  runs: Run[];
}

/** Equal for equal settings: flat records, in whichever order their keys stand. */
export function settingKey(setting: object): string {
  return JSON.stringify(Object.entries(setting).sort(([first], [second]) => (first < second ? -1 : 1)));
}

/** Of rows that each have a setting, the one of a setting. */
export function atSetting<Row extends { setting: object }>(rows: readonly Row[], wanted: object): Row | undefined {
  const key = settingKey(wanted);
  return rows.find(({ setting }) => settingKey(setting) === key);
}

/**
 * Puts the seeds of each setting together, settings in the order in which they first come.
 * @throws RangeError where a setting has a seed twice: these are runs that something else tells apart, or one run twice
 */
export function groupSeeds<Run extends { factors: SeededFactors }>(runs: readonly Run[]): SeedGroup<Run>[] {
  const groups = new Map<string, SeedGroup<Run>>();
  for (const run of runs) {
    const setting = settingOf(run);
    const key = settingKey(setting);
    const group = groups.get(key) ?? { setting, runs: [] };
    if (group.runs.some(({ factors }) => factors.seed === run.factors.seed)) {
      const told = Object.entries(setting).map(([factor, value]) => `${factor} ${String(value)}`);
      throw new RangeError(
        `Two runs have the seed ${run.factors.seed} and the same factors (${told.join(', ')}), and would be counted as two seeds of one setting; give their cells another factor that tells them apart, or leave one out.`,
      );
    }
    group.runs.push(run);
    groups.set(key, group);
  }
  const bySeed = (first: Run, second: Run) => first.factors.seed - second.factors.seed;
  return [...groups.values()].map((group) => ({ ...group, runs: group.runs.sort(bySeed) }));
}

function settingOf<Run extends { factors: SeededFactors }>({ factors }: Run): Setting<Run['factors']> {
  return Object.fromEntries(Object.entries(factors).filter(([key]) => key !== 'seed')) as Setting<Run['factors']>;
}
