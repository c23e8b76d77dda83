/** What is measured of a run and of an expert: what processes tell, and what is kept. */
import { z } from 'zod';

const seconds = z.number().nonnegative().finite();
const bytes = z.number().nonnegative().finite();

/** Why iterations were not tried: in words, and the seconds or bytes that were too many. */
const untriedSchema = z.object({ why: z.string(), seconds: seconds.optional(), bytes: bytes.optional() });

export type Untried = z.infer<typeof untriedSchema>;

const runSchema = z.object({
  /** Of trajectory matching: how it was differentiated. */
  unroll: z.enum(['full', 'stepwise']).optional(),
  /** As a run tells it before it begins; absent where nothing can be told, as on a GPU. */
  estimate: z.object({ iterationSeconds: seconds, studentSeconds: seconds, bytes }).optional(),
  /** Absent where it was not tried. */
  iteration: z.object({ seconds, processorSeconds: seconds, repetitions: z.number() }).optional(),
  untried: untriedSchema.optional(),
  /** Largest resident memory of the process. */
  peakBytes: bytes,
  /** One step of a student's training, and classifying one image. */
  updateSeconds: seconds,
  testSeconds: seconds,
  /** Steps of each student of the row. */
  updates: z.number(),
  /** Processes that wanted a core in the minute before, on average. */
  load: z.number(),
});

export type RunMeasurement = z.infer<typeof runSchema>;

const expertSchema = z.object({
  /** Training on one image, once. */
  imageSeconds: seconds,
  estimatedImageSeconds: seconds.optional(),
  peakBytes: bytes,
  estimatedBytes: bytes.optional(),
  load: z.number(),
});

export type ExpertMeasurement = z.infer<typeof expertSchema>;

export const measurementSchemas = { run: runSchema, expert: expertSchema };
