/** Schemas of the numbers that settings are. */
import { z } from 'zod';

/** 1, 2, 3, ..., e.g. of images, steps, channels. */
export const count = z.number().int().min(1).safe();

/** 0, 1, 2, ... */
export const wholeNumber = z.number().int().min(0).safe();

/** More than 0, e.g. a temperature. */
export const positive = z.number().positive().finite();

/** 0 or more, e.g. a weight that switches off what it weighs. */
export const nonNegative = z.number().min(0).finite();

/** From 0 to less than 1, e.g. of a velocity that is kept. */
export const share = z.number().min(0).lt(1);
