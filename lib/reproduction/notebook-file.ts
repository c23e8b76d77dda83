/** Notebooks as files: their cells, and what stands in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { parseOrExplain } from '../files/parse-or-explain';

const textSchema = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))]);

const outputSchema = z.object({
  output_type: z.string(),
  /** 'stdout' or 'stderr', of a stream. */
  name: z.string().optional(),
  text: textSchema.optional(),
  /** What is shown, by its form, e.g. 'image/svg+xml'. */
  data: z.record(z.unknown()).optional(),
});

const cellSchema = z.object({
  cell_type: z.enum(['code', 'markdown', 'raw']),
  source: textSchema,
  execution_count: z.number().nullish(),
  outputs: z.array(outputSchema).default([]),
});

const notebookSchema = z.object({ cells: z.array(cellSchema) });

export type NotebookCell = z.infer<typeof cellSchema>;

/** @throws Error naming the file, when it is no notebook */
export function readNotebook(file: string): NotebookCell[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read as a notebook: ${(error as Error).message}`, { cause: error });
  }
  const refuse = (reason: string) => new Error(`${file} is not a notebook: ${reason}.`);
  return parseOrExplain(notebookSchema, content, refuse).cells;
}

/** The notebooks of a folder, in the order of their names. */
export function findNotebooks(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ipynb'))
    .sort()
    .map((name) => path.join(folder, name));
}

/** E.g. '00-quickstart'. */
export function notebookName(file: string): string {
  return path.basename(file, '.ipynb');
}
