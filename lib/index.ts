/** What a notebook imports; nothing else of the library is public. */
export { configure, type Configuration, type ConfigurationInput } from './distillation/configuration';
export { dataAtHand, dataForNotebook } from './runs/data-at-hand';
export { readDistilledSet } from './runs/distilled-file';
export { diversityJudge } from './questions/diversity/judge';
export { doctor } from './machine/doctor';
export { evaluateFile } from './runs/evaluate-file';
export { runGrid } from './runs/grid';
export { makeExperts } from './runs/make-experts';
export { notebookSettings } from './reproduction/notebook-settings';
export { constraintAblation } from './questions/constraint-ablation/grid';
export { crossArchitecture } from './questions/cross-architecture/grid';
export { diversity } from './questions/diversity/grid';
export { storageEfficiency } from './questions/storage-efficiency/grid';
export { chosenByTuning, tuning, tuningFinal } from './questions/tuning/grid';
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
} from './questions/constraint-ablation/report';
export { accuracyChart } from './report/accuracy-chart';
export { architectureChart, architectureTable } from './questions/cross-architecture/report';
export {
  diversityAccuracyTable,
  diversityTable,
  embeddingChart,
  hallucinatorCountChart,
  measureDiversity,
} from './questions/diversity/report';
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
} from './questions/storage-efficiency/report';
export { budgetTable } from './report/budget-table';
export { accuracyTable, type ReportTable } from './report/tables';
export { tuningChart, tuningFinalTable, tuningTable } from './questions/tuning/report';
