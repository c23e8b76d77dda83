/** What a notebook imports; nothing else of the library is public. */
import * as layers from './networks/layers';
export { configure, type Configuration, type ConfigurationInput } from './distillation/configuration';
export { dataAtHand, dataForNotebook } from './runs/data-at-hand';
export { readDistilledSet } from './runs/distilled-file';
export { diversityJudge } from './questions/diversity/judge';
export { doctor } from './machine/doctor';
export { evaluateFile } from './runs/evaluate-file';
export { runGrid, storedRuns, type GridCell, type GridOptions, type GridRun } from './experiments/grid';
export type { Executor, PlannedTask, TaskListener } from './experiments/executor';
export { slurm, type SlurmOptions } from './experiments/slurm/slurm';
export type { RunTask } from './experiments/task';
export { makeExperts } from './experiments/make-experts';
export { importSet, type ImportInput } from './runs/importing/import-set';
export { notebookSettings } from './reproduction/notebook-settings';
export { defaultSeeds, furtherSeeds } from './questions/cells';
export { endingLoss } from './questions/ending-loss';
export { authorsRow } from './questions/authors-row/grid';
export { authorsRowChart, authorsRowDifferenceChart } from './questions/authors-row/chart';
export { authorsRowTable } from './questions/authors-row/table';
export { authorsRowVerdictTable } from './questions/authors-row/verdict';
export { containers } from './questions/containers/grid';
export { constraintAblation, constraintSettings, cosineWeights } from './questions/constraint-ablation/grid';
export { crossArchitecture } from './questions/cross-architecture/grid';
export { diversity } from './questions/diversity/grid';
export { storageEfficiency } from './questions/storage-efficiency/grid';
export { learningCurves } from './questions/learning-curves/grid';
export { measureCurves } from './questions/learning-curves/measure';
export { crossingsTable, learningCurvesTable } from './questions/learning-curves/table';
export { saturationOf, saturationTable } from './questions/learning-curves/saturation';
export { learningCurvesChart } from './questions/learning-curves/chart';
export { chosenByTuning, tuning, tuningFinal } from './questions/tuning/grid';
export { sweep } from './questions/sweep/grid';
export { sweepTable } from './questions/sweep/table';
export { methodsGrid } from './questions/methods/grid';
export { methodsTable } from './questions/methods/table';
export { scoredSets, scoresGrid } from './questions/scores/grid';
export { lossCorrelationTable, scoresTable } from './questions/scores/table';
export {
  augmentationRobustScore,
  hardLabelRecovery,
  improvementOverRandom,
  labelRobustScore,
  rankCorrelation,
} from './evaluation/scores';
export { evaluateRun, evaluateSnapshot, run, runBaseline } from './runs/run';
export { storeFile, storeRun } from './runs/store';
export type { RunOptions } from './runs/context';
export type { RunResult } from './runs/train-students';
export { bundleRuns } from './runs/bundle';
export { verifyBundle } from './runs/verify-bundle';
export { diffRuns, type RunFilter } from './runs/run-rows';
export { listRuns } from './runs/run-store';
export { staleRuns } from './runs/stale-runs';
export { readMetrics } from './runs/run-files';
export { budget, fitToBudget } from './factorization/budget';
export { containerKinds, setsAtBudget } from './questions/sets-at-budget';
export { realImagesAtBits, type Ledger } from './factorization/ledger';
export { hallucinated } from './factorization/hallucinated';
export { multiFormed } from './factorization/multi-formation';
export type { Parameterisation } from './factorization/parameterisation';
export { learnedGradients, type Decoder, type DistilledSet } from './factorization/distilled-set';
export { realImages } from './factorization/stored-items';
export { imagesSet } from './factorization/images-set';
export { habaSet } from './factorization/haba-set';
export { fredSet } from './factorization/fred-set';
export { linbaSet } from './factorization/linba-set';
export { ddifSet } from './factorization/ddif-set';
export { habaLinbaSet } from './factorization/haba-linba-set';
export { registerParameterisation } from './factorization/parameterisations';
export { drawMatch, matchOnce } from './matching/match-once';
export type { MatchingLoss, MatchingParameters } from './matching/matching-loss';
export type { MatchingContext, MatchingMethod } from './matching/method';
export { registerMatching } from './matching/methods';
export { dmMethod, type DistributionOptions } from './matching/dm';
export { dcMethod } from './matching/dc';
export { dsaMethod } from './matching/dsa';
export type { GradientOptions } from './matching/gradient-method';
export { mttMethod, type TrajectoryOptions } from './matching/mtt';
export { expertOptions, type ExpertOptions } from './matching/experts/expert-options';
export { expertPreparation } from './matching/experts/expert-preparation';
export { expertSegments } from './matching/experts/expert-segments';
export { compile } from './tensor/compile';
export { valueAndGradients } from './tensor/gradient';
export { withExecution } from './tensor/execution';
export { dataset, imageFolder, type OwnDataset } from './data/own-datasets';
export { saveImageFolder, type SaveImageFolderOptions } from './data/save-image-folder';
export { shapeOf } from './data/dataset-names';
export type { NetworkFamily } from './networks/network-family';
export { registerNetwork } from './networks/network-families';
export { alexNetFamily } from './networks/alex-net';
export { convNetFamily } from './networks/conv-net';
export { leNetFamily } from './networks/le-net';
export { mlpFamily } from './networks/mlp';
export { averagingResNet18Family, resNet18Family } from './networks/res-net';
export { vgg11Family } from './networks/vgg11';
export { crossEntropy } from './networks/loss';
export { adversaryTable, cosineCurves, measureAdversaries } from './questions/constraint-ablation/adversary';
export { ablationVerdictTable } from './questions/constraint-ablation/verdict';
export { architectureVerdictTable } from './questions/cross-architecture/verdict';
export { diversityVerdictTable } from './questions/diversity/verdict';
export { storageVerdictTable } from './questions/storage-efficiency/verdict';
export { seedsToTell, verdictOn, verdictTable, type Claim, type Finding } from './questions/verdict';
export { ablationRows } from './questions/constraint-ablation/measure';
export { ablationDiversityTable, ablationTable } from './questions/constraint-ablation/table';
export { ablationChart, ablationDifferenceChart } from './questions/constraint-ablation/chart';
export { accuracyChart } from './report/accuracy-chart';
export { bitsChart } from './report/bits-chart';
export { asDistilled, containerComparisons, containerScores } from './questions/containers/measure';
export { containerBitsTable } from './questions/containers/table';
export { containerBitsChart } from './questions/containers/chart';
export { architectureTable } from './questions/cross-architecture/table';
export { architectureChart } from './questions/cross-architecture/chart';
export { measureDiversity } from './questions/diversity/measure';
export { diversityAccuracyTable, diversityTable } from './questions/diversity/table';
export { embeddingChart, hallucinatorCountChart } from './questions/diversity/chart';
export { exportFigures, exportTables } from './report/export';
export { exportSet } from './report/export-set';
export { chartFigure, type Figure } from './report/figure';
export { hallucinationGrid, sampleGrid, setsGrid } from './report/grids';
export { live, type Live, type LiveOptions } from './report/live';
export { runsTable, type RunsTableOptions } from './report/runs-table';
export { lossChart } from './report/loss-chart';
export { pairedDifference, pairedDifferences, type Observation, type PairedDifference } from './report/paired';
export { show } from './report/show';
export { checkFigure } from './report/colour-check';
export { useFigureStyle, figureStyles, type FigureStyle } from './report/style';
export {
  equalAccuracyTable,
  publishedTable,
  storageTable,
  trajectoriesTable,
} from './questions/storage-efficiency/table';
export { storageChart, storageDifferenceChart } from './questions/storage-efficiency/chart';
export { budgetTable } from './report/budget-table';
export { accuracyTable, type ReportTable } from './report/tables';
export { tuningFinalTable, tuningTable } from './questions/tuning/table';
export { tuningVerdictTable } from './questions/tuning/verdict';
export { tuningChart } from './questions/tuning/chart';
export {
  /** Layers for networks of one's own, e.g. `layers.convolution(parameters, 'first', images)` of `layers.initialLayer(random, 'first', [3, 3, 3, 8])`. */
  layers,
};
export {
  /** TensorFlow.js, for sets, losses and networks of one's own. */
  tf,
} from './tensor/tensorflow';
