/** What words of a command line are read as, and options that several verbs have. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ProfileName } from '../settings/profile-names';

/** A whole number; whether it makes sense is for the configuration to say. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value))
    throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  return value;
}

export function numbers(text: string, before: number[] = []): number[] {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`'${text}' is not a number.`);
  return [...before, value];
}

/** Whole numbers of an option that takes several, or is given several times. */
export function wholeNumbers(text: string, before: number[] = []): number[] {
  return [...before, wholeNumber(text)];
}

/** Words of an option that is given several times. */
export function words(text: string, before: string[] = []): string[] {
  return [...before, text];
}

export const dataFolder = ['--data <folder>', 'datasets, by default HABA_DATA, else data/'] as const;
export const runsFolder = ['--runs <folder>', 'where runs are stored, by default results/runs'] as const;

/** Where a command reads and writes. */
export interface PlaceFlags {
  data?: string;
  runs?: string;
  experts?: string;
  makeExperts?: boolean;
}

export function withPlaces(command: Command): Command {
  return command.option(...dataFolder).option(...runsFolder);
}

/** Of whatever computes in this process; read before TensorFlow is. */
export function threadsOption(): Option {
  return new Option('--threads <number>', 'that one operation computes with, by default one a core').argParser(
    wholeNumber,
  );
}

/** @param usual where none is given */
export function profileOption(usual: ProfileName): Option {
  return new Option('--profile <name>', 'smoke, quick, study or paper').default(usual);
}
