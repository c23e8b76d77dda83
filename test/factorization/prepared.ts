/** A set as a run begins with it: everything that its start takes is done. */
import type { ImageSource } from '../../lib/data/image-source';
import type { DistilledSet } from '../../lib/factorization/distilled-set';
import { disposeAll, type Parameters } from '../../lib/tensor/parameters';
import type { Random } from '../../lib/tensor/random';

/** The caller owns the tensors. */
export function prepared(set: DistilledSet, random: Random, source: ImageSource): Parameters {
  const begun = set.init(random, source);
  if (set.preparation === undefined) return begun;
  const work = set.preparation.begin(random, source);
  let state = work.start();
  for (let done = 0; done < set.preparation.steps; done++) state = work.step(state, done);
  const ready = work.finish(state);
  for (const name of Object.keys(ready)) begun[name].dispose();
  disposeAll(state);
  work.dispose();
  return { ...begun, ...ready };
}
