/** A notebook of cells of code, not executed. */
import { writeFileSync } from 'node:fs';

export function writeNotebookOf(file: string, cells: readonly string[]): void {
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  const code = { cell_type: 'code', metadata: {}, execution_count: null, outputs: [] };
  const content = {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec } },
    cells: cells.map((source, place) => ({ ...code, id: `cell-${place}`, source })),
  };
  writeFileSync(file, JSON.stringify(content));
}
