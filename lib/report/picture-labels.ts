/** What pictures of a set call what they show. */
import type { DistilledSet } from '../factorization/distilled-set';
import type { PictureLabels } from '../factorization/parameterisation';
import { parameterisationOf } from '../factorization/parameterisations';

/** As the set's kind says; 'items', and 'view' where there are several, where it says nothing. */
export function pictureLabels({ kind, views }: Pick<DistilledSet, 'kind' | 'views'>): PictureLabels {
  const { pictures } = parameterisationOf(kind);
  return { item: ['item', 'items'], ...pictures, view: pictures?.view ?? (views > 1 ? 'view' : undefined) };
}
