/** What a notebook imports; nothing else of the library is public. */
export { configure, type Configuration, type ConfigurationInput } from './distillation/configuration';
export { dataAtHand, dataForNotebook } from './experiments/data-at-hand';
export { readDistilledSet } from './experiments/distilled-file';
export { doctor } from './experiments/doctor';
export { evaluateFile } from './experiments/evaluate-file';
export { makeExperts } from './experiments/make-experts';
export { notebookSettings } from './experiments/notebook-settings';
export { readMetrics, run, runBaseline, type RunOptions, type RunResult } from './experiments/run';
export { budget } from './factorization/budget';
export { listRuns } from './experiments/run-store';
export { accuracyChart } from './report/accuracy-chart';
export { exportFigures, exportTables } from './report/export';
export { chartFigure, type Figure } from './report/figure';
export { hallucinationGrid, sampleGrid } from './report/grids';
export { lossChart } from './report/loss-chart';
export { show } from './report/show';
export { budgetTable } from './report/budget-table';
export { accuracyTable, type ReportTable } from './report/tables';
