/** What a notebook imports; nothing else of the library is public. */
export { configure, type Configuration, type ConfigurationInput } from './distillation/configuration';
export { dataAtHand, dataForNotebook } from './experiments/data-at-hand';
export { readDistilledSet } from './runs/distilled-file';
export { diversityJudge } from './experiments/diversity-of-runs';
export { doctor } from './experiments/doctor';
export { evaluateFile } from './experiments/evaluate-file';
export { runGrid } from './experiments/grid';
export { makeExperts } from './experiments/make-experts';
export { notebookSettings } from './experiments/notebook-settings';
export { constraintAblation } from './experiments/questions/constraint-ablation';
export { crossArchitecture } from './experiments/questions/cross-architecture';
export { diversity } from './experiments/questions/diversity';
export { storageEfficiency } from './experiments/questions/storage-efficiency';
export { chosenByTuning, tuning, tuningFinal } from './experiments/questions/tuning';
export { evaluateRun, run, runBaseline } from './runs/run';
export type { RunOptions } from './runs/context';
export type { RunResult } from './runs/train-students';
export { listRuns } from './runs/run-store';
export { readMetrics } from './runs/run-files';
export { budget } from './factorization/budget';
export {
  ablationChart,
  ablationDifferenceChart,
  ablationDiversityTable,
  ablationRows,
  ablationTable,
} from './report/ablation-report';
export { accuracyChart } from './report/accuracy-chart';
export { architectureChart, architectureTable } from './report/architecture-report';
export {
  diversityAccuracyTable,
  diversityTable,
  embeddingChart,
  hallucinatorCountChart,
  measureDiversity,
} from './report/diversity-report';
export { exportFigures, exportTables } from './report/export';
export { exportSet } from './report/export-set';
export { chartFigure, type Figure } from './report/figure';
export { hallucinationGrid, sampleGrid } from './report/grids';
export { live, type Live, type LiveOptions } from './report/live';
export { lossChart } from './report/loss-chart';
export { pairedDifference, pairedDifferences, type Observation, type PairedDifference } from './report/paired';
export { show } from './report/show';
export {
  equalAccuracyTable,
  publishedTable,
  storageChart,
  storageDifferenceChart,
  storageTable,
} from './report/storage-report';
export { budgetTable } from './report/budget-table';
export { accuracyTable, type ReportTable } from './report/tables';
export { tuningChart, tuningFinalTable, tuningTable } from './report/tuning-report';
