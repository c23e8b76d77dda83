/** How students were trained and tested, as tables and captions say it: one wording for all. */
import type { TestSplit } from '../evaluation/student-settings';

/** What a configuration's `evaluation` says of it. */
export interface StudentsRecipe {
  /** Steps of a student's training; exactly one of the two is given. */
  updates?: number;
  epochs?: number;
  /** Steps that the epochs came to, which depends on the number of training images. */
  steps?: number;
  /** Images that students were tested on. Default 'test'. */
  split?: TestSplit;
}

const splitOf = ({ split = 'test' }: StudentsRecipe) => split;

/**
 * Name of the column, or title of the axis, of accuracies in percent: 'test accuracy (%)' or 'validation accuracy (%)'.
 * @throws RangeError where some students were tested on one split and some on the other
 */
export function accuracyTitle(recipes: readonly StudentsRecipe[]): string {
  return `${onlySplit(recipes)} accuracy (%)`;
}

function onlySplit(recipes: readonly StudentsRecipe[]): TestSplit {
  const splits = [...new Set(recipes.map(splitOf))];
  if (splits.length <= 1) return splits[0] ?? 'test';
  throw new RangeError(
    `These runs are of both splits, ${splits.join(' and ')}, whose accuracies are not to be compared; make a table or chart of each.`,
  );
}

/**
 * Length of the training of each student: '300 updates', or '300 epochs (600 updates)'; several, where the recipes differ, joined by 'or'.
 * @throws RangeError for a recipe that gives neither or both
 */
export function studentsLength(recipes: readonly StudentsRecipe[]): string {
  const texts = recipes.map((recipe) => {
    const steps = recipe.epochs === undefined || recipe.steps === undefined ? '' : ` (${recipe.steps} updates)`;
    return `${lengthText(recipe)}${steps}`;
  });
  return [...new Set(texts)].join(' or ');
}

function lengthText({ updates, epochs }: StudentsRecipe): string {
  if ((updates === undefined) === (epochs === undefined)) {
    throw new RangeError(
      `A student's length is given in 'updates' or in 'epochs'; expected one of them, got ${updates ?? 'no'} updates and ${epochs ?? 'no'} epochs.`,
    );
  }
  return updates === undefined ? `${epochs} epochs` : `${updates} updates`;
}

function distinct(recipes: readonly StudentsRecipe[]): StudentsRecipe[] {
  return [...new Map(recipes.map((recipe) => [lengthText(recipe), recipe])).values()];
}

/** For captions: whether all students had equal updates or equal epochs, and which images they were tested on. */
export function studentsSentence(recipes: readonly StudentsRecipe[]): string {
  const tested = `tested on the ${onlySplit(recipes)} images`;
  const lengths = distinct(recipes);
  if (lengths.length > 1) return `students of different lengths (${listed(lengths.map(lengthText))}), ${tested}`;
  if (lengths.length === 0) return tested;
  const [{ epochs }] = lengths;
  // The comparison that this is not.
  const unequal = epochs === undefined ? '' : ', which are more updates for a set of more training images';
  return `students of equal ${epochs === undefined ? 'updates' : 'epochs'} (${lengthText(lengths[0]).split(' ')[0]} each${unequal}), ${tested}`;
}

/** '480, 160 or 120 updates'; '300 updates or 60 epochs', whose units differ. */
function listed(lengths: readonly string[]): string {
  const [numbers, units] = [0, 1].map((place) => lengths.map((text) => text.split(' ')[place]));
  if (new Set(units).size > 1) return lengths.join(' or ');
  return `${numbers.slice(0, -1).join(', ')} or ${numbers.at(-1)} ${units[0]}`;
}
