/** What a distilled set stores, counted in both ways of the literature. */

export interface StoredSet {
  /** [height, width, channels] of the images it yields */
  imageShape: readonly [number, number, number];
  classCount: number;
  /** Stored images, or bases, per class. */
  perClass: number;
  /** Default 'colour', as the images. */
  channels?: 'colour' | 'single';
  /** 0 for stored images. */
  hallucinators: number;
  /** Default 3, the authors'. */
  kernelSize?: number;
  /** Channels between encoder and decoder. Default 3, the authors'. */
  middleChannels?: number;
  /** Crops per side of a stored image (multi-formation). Default 1. */
  factor?: number;
}

export interface Storage {
  /** Floats of all bases or images. */
  bases: number;
  /** Floats of all hallucinators. */
  hallucinators: number;
  /** Both. */
  floats: number;
  /** `floats` in images per class: what an equal comparison counts. */
  imagesPerClass: number;
  /** Bases alone in images per class: how the paper names its settings (IPC), which leaves hallucinators out. */
  nominalImagesPerClass: number;
  /** What students train on. */
  trainingImagesPerClass: number;
}

/** Floats of one hallucinator: two kernels with biases, and a scale and a shift for every inner pixel. */
export function hallucinatorFloats(set: Omit<StoredSet, 'classCount' | 'perClass' | 'hallucinators'>): number {
  const { imageShape, kernelSize = 3, middleChannels = 3 } = set;
  const [height, width, channels] = imageShape;
  const kernel = kernelSize ** 2 * middleChannels;
  const affine = 2 * (height - kernelSize + 1) * (width - kernelSize + 1) * middleChannels;
  return kernel * baseChannels(set) + middleChannels + affine + kernel * channels + channels;
}

/** Counts what a set of these options stores. */
export function storage(set: StoredSet): Storage {
  const { imageShape, classCount, perClass, hallucinators: count, factor = 1 } = set;
  const [height, width, channels] = imageShape;
  const bases = classCount * perClass * height * width * baseChannels(set);
  const hallucinators = count === 0 ? 0 : count * hallucinatorFloats(set);
  const image = height * width * channels * classCount;
  return {
    bases,
    hallucinators,
    floats: bases + hallucinators,
    imagesPerClass: (bases + hallucinators) / image,
    nominalImagesPerClass: bases / image,
    trainingImagesPerClass: perClass * Math.max(1, count) * factor ** 2,
  };
}

function baseChannels({ imageShape, channels = 'colour' }: Pick<StoredSet, 'imageShape' | 'channels'>): number {
  return channels === 'single' ? 1 : imageShape[2];
}
