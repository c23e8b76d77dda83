/** Where experts lie, and the manifest that says which they are. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readText } from '../../files/open-file';
import { resultsFolder } from '../../files/results-folder';
import { readSealed, writeSealed } from '../../files/sealed-json';
import { expertsName, firstDifference, identityOf, identitySchema, type ExpertSettings } from './expert-identity';

/** Where experts are kept unless something else is said: HABA_EXPERTS, else among the results. */
export function defaultExperts(): string {
  return process.env.HABA_EXPERTS || resultsFolder('experts');
}

const manifestOf = (folder: string) => path.join(folder, 'manifest.json');

/** Whether a folder says that it holds experts. */
export function hasManifest(folder: string): boolean {
  return existsSync(manifestOf(folder));
}

/**
 * Folder of the experts of these settings under a folder of experts. One that has a manifest itself was meant by whoever named it,
 * and need not be called after its experts.
 */
export function expertsFolder(settings: ExpertSettings, experts: string = defaultExperts()): string {
  return hasManifest(experts) ? experts : path.join(experts, expertsName(settings));
}

export function writeManifest(folder: string, settings: ExpertSettings): void {
  writeSealed(manifestOf(folder), expertsName(settings), identityOf(settings));
}

/**
 * @param advice a sentence added to what is thrown: how experts are made
 * @throws Error when the manifest is damaged, of the first format, or of experts of other settings
 */
export function checkManifest(folder: string, settings: ExpertSettings, advice = ''): void {
  const file = manifestOf(folder);
  if (isOfFirstFormat(folder)) throw new Error(sentences(`The experts in ${folder} ${firstFormat}.`, advice));
  const found = readSealed(file, identitySchema, {
    advice: sentences('Remove it, and train these experts again, which writes what is missing.', advice),
  });
  const difference = firstDifference(found, identityOf(settings));
  if (difference !== undefined) {
    throw new Error(
      sentences(`The experts in ${folder} were trained for another configuration: ${difference}.`, advice),
    );
  }
}

/** What lies in a folder of experts, in words. */
export function presentExperts(experts: string): string {
  const names = existsSync(experts) ? readdirSync(experts).filter((name) => hasManifest(path.join(experts, name))) : [];
  const old = names.filter((name) => isOfFirstFormat(path.join(experts, name)));
  const usable = names.filter((name) => !old.includes(name));
  const has = usable.length > 0 ? `it has ${usable.join(', ')}` : 'it has none';
  return old.length > 0 ? `${has}; ${old.join(', ')} ${firstFormat}` : has;
}

const firstFormat =
  'are of the first format, in which students could start where experts did: nothing reads them any more, and they can be removed';

/** Manifests of the first format were the settings themselves, without a seal. */
function isOfFirstFormat(folder: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readText(manifestOf(folder)));
    return typeof manifest === 'object' && manifest !== null && 'learningRate' in manifest && !('seal' in manifest);
  } catch {
    return false;
  }
}

/** Sentences in a row. */
export function sentences(...all: string[]): string {
  return all.filter(Boolean).join(' ');
}
