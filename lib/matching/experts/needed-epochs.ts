/** Epochs of experts that matches make use of. */

export interface MatchedEpochs {
  /** Start epochs are drawn below it (authors' max_start_epoch); 0 stands for the first epoch alone. */
  latestStartEpoch: number;
  /** Epochs from start to target (expert_epochs). */
  expertEpochs: number;
}

/** The last epoch that any match aims at: later ones are never read. */
export function neededEpochs({ latestStartEpoch, expertEpochs }: MatchedEpochs): number {
  return Math.max(0, latestStartEpoch - 1) + expertEpochs;
}
