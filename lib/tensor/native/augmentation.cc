// Augmentations of images as one operation of TensorFlow each. All are linear in the images, but for a constant:
//   sampling: bilinear at places that are affine in the target's, zeros outside; its gradient is its adjoint, and the
//   adjoint's gradient is sampling;
//   colour: k s x + k (1 - s) m + (1 - k) M + b, with m the mean of a pixel's channels and M that of its image, for
//   brightness b, then saturation s, then contrast k; symmetric, so that its gradient is itself with b = 0;
//   cutout: zeros in a rectangle; its own gradient.
// Images are worked on one by one, so that threads never write to the same place and results are the same in every run.

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "operation.h"
#include "parallel.h"

// Part of the vectorised function that calls it.
#define HABA_INLINE inline __attribute__((always_inline))

namespace haba {
namespace {

struct Shape {
  int images, height, width, channels;
  int pixels() const { return height * width; }
  size_t size() const { return at(pixels()); }
  // Where a pixel's channels begin.
  size_t at(int pixel) const { return static_cast<size_t>(pixel) * channels; }
};

// Target pixels that are worked on together.
constexpr int kPlaces = 64;

// The four source pixels around each place, and how much they weigh.
struct Neighbours {
  int pixel[4][kPlaces];
  float weight[4][kPlaces];
};

// One axis of a place: two pixels that are neighbours, and their weights, 0 for one that the place does not touch.
struct Between {
  int first, second;
  float firstWeight, secondWeight;
};

HABA_INLINE float closeness(float distance) {
  const float weight = 1.0f - std::fabs(distance);
  return weight > 0.0f ? weight : 0.0f;  // Also of NaN.
}

HABA_INLINE Between between(float place, int size) {
  const float last = static_cast<float>(size - 1);
  const float some = place > 0.0f ? place : 0.0f;
  const int before = static_cast<int>(some < last ? some : last);
  const int lastPair = size > 1 ? size - 2 : 0;
  Between result;
  result.first = before < lastPair ? before : lastPair;
  result.second = size > 1 ? result.first + 1 : 0;
  result.firstWeight = closeness(place - static_cast<float>(result.first));
  result.secondWeight = closeness(place - static_cast<float>(result.first + 1)) * (size > 1 ? 1.0f : 0.0f);
  return result;
}

// Of `count` target pixels of a row, from `column` on. map: (a, b, c, d, e, f) of source row = a y + b x + c, column = d y + e x + f.
HABA_INLINE void findNeighbours(const float* map, const Shape& shape, int row, int column, int count, Neighbours& found) {
  const float rowStart = map[0] * row + map[2];
  const float columnStart = map[3] * row + map[5];
  const float rowStep = map[1];
  const float columnStep = map[4];
  const int height = shape.height, width = shape.width;
  HABA_CHANNELS
  for (int i = 0; i < count; i++) {
    const float x = static_cast<float>(column + i);
    const Between down = between(rowStart + rowStep * x, height);
    const Between across = between(columnStart + columnStep * x, width);
    found.pixel[0][i] = down.first * width + across.first;
    found.pixel[1][i] = down.first * width + across.second;
    found.pixel[2][i] = down.second * width + across.first;
    found.pixel[3][i] = down.second * width + across.second;
    found.weight[0][i] = down.firstWeight * across.firstWeight;
    found.weight[1][i] = down.firstWeight * across.secondWeight;
    found.weight[2][i] = down.secondWeight * across.firstWeight;
    found.weight[3][i] = down.secondWeight * across.secondWeight;
  }
}

// Up to four channels of a pixel, in one register; the rest of it is zero. Channels are taken four at a time.
typedef float Pixel __attribute__((vector_size(16)));

constexpr int kGroup = 4;

template <int kChannels>
HABA_INLINE Pixel load(const float* from) {
  Pixel pixel = {};
  for (int c = 0; c < kChannels; c++) pixel[c] = from[c];
  return pixel;
}

template <int kChannels>
HABA_INLINE void store(const Pixel& pixel, float* to) {
  for (int c = 0; c < kChannels; c++) to[c] = pixel[c];
}

// kChannels of an image's channels. `packed` has room for the image.
template <int kChannels>
HABA_INLINE void sampleChannels(const float* image, const float* map, const Shape& shape, Pixel* packed, float* target) {
  const int channels = shape.channels;
  for (int pixel = 0; pixel < shape.pixels(); pixel++) packed[pixel] = load<kChannels>(image + shape.at(pixel));
  Neighbours from;
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column += kPlaces) {
      const int count = std::min(kPlaces, shape.width - column);
      findNeighbours(map, shape, row, column, count, from);
      float* out = target + shape.at(row * shape.width + column);
      for (int i = 0; i < count; i++, out += channels) {
        const Pixel above = packed[from.pixel[0][i]] * from.weight[0][i] + packed[from.pixel[1][i]] * from.weight[1][i];
        const Pixel below = packed[from.pixel[2][i]] * from.weight[2][i] + packed[from.pixel[3][i]] * from.weight[3][i];
        store<kChannels>(above + below, out);
      }
    }
  }
}

template <int kChannels>
HABA_INLINE void sampleChannelsAdjoint(const float* target, const float* map, const Shape& shape, Pixel* packed, float* image) {
  const int channels = shape.channels;
  for (int pixel = 0; pixel < shape.pixels(); pixel++) packed[pixel] = Pixel{};
  Neighbours to;
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column += kPlaces) {
      const int count = std::min(kPlaces, shape.width - column);
      findNeighbours(map, shape, row, column, count, to);
      const float* in = target + shape.at(row * shape.width + column);
      for (int i = 0; i < count; i++, in += channels) {
        const Pixel given = load<kChannels>(in);
        for (int neighbour = 0; neighbour < 4; neighbour++) {
          Pixel& sum = packed[to.pixel[neighbour][i]];
          sum = sum + given * to.weight[neighbour][i];
        }
      }
    }
  }
  for (int pixel = 0; pixel < shape.pixels(); pixel++) store<kChannels>(packed[pixel], image + shape.at(pixel));
}

HABA_VECTORISED void sample(const float* image, const float* map, const Shape& shape, Pixel* packed, float* target) {
  for (int channel = 0; channel < shape.channels; channel += kGroup) {
    const int count = std::min(kGroup, shape.channels - channel);
    if (count == 1) sampleChannels<1>(image + channel, map, shape, packed, target + channel);
    if (count == 2) sampleChannels<2>(image + channel, map, shape, packed, target + channel);
    if (count == 3) sampleChannels<3>(image + channel, map, shape, packed, target + channel);
    if (count == 4) sampleChannels<4>(image + channel, map, shape, packed, target + channel);
  }
}

HABA_VECTORISED void sampleAdjoint(const float* target, const float* map, const Shape& shape, Pixel* packed, float* image) {
  for (int channel = 0; channel < shape.channels; channel += kGroup) {
    const int count = std::min(kGroup, shape.channels - channel);
    if (count == 1) sampleChannelsAdjoint<1>(target + channel, map, shape, packed, image + channel);
    if (count == 2) sampleChannelsAdjoint<2>(target + channel, map, shape, packed, image + channel);
    if (count == 3) sampleChannelsAdjoint<3>(target + channel, map, shape, packed, image + channel);
    if (count == 4) sampleChannelsAdjoint<4>(target + channel, map, shape, packed, image + channel);
  }
}

template <int kChannels>
HABA_INLINE void mixPixels(const float* in, size_t pixels, int given, float own, float ofPixel, float constant, float* out) {
  const int channels = kChannels > 0 ? kChannels : given;
  const float share = ofPixel / channels;
  HABA_CHANNELS
  for (size_t pixel = 0; pixel < pixels; pixel++) {
    const float* x = in + pixel * channels;
    float* z = out + pixel * channels;
    float sum = 0;
    for (int c = 0; c < channels; c++) sum += x[c];
    for (int c = 0; c < channels; c++) z[c] = own * x[c] + (share * sum + constant);
  }
}

HABA_VECTORISED void adjustColour(const float* image, float brightness, float saturation, float contrast, const Shape& shape, float* out) {
  // Sixteen sums side by side, of one row each: a single running sum waits for itself, and over an image loses digits.
  const size_t rowSize = static_cast<size_t>(shape.width) * shape.channels;
  double total = 0;
  for (int row = 0; row < shape.height; row++) {
    const float* in = image + row * rowSize;
    float sums[16] = {};
    size_t place = 0;
    for (; place + 16 <= rowSize; place += 16) {
      for (int lane = 0; lane < 16; lane++) sums[lane] += in[place + lane];
    }
    for (int lane = 0; place < rowSize; place++, lane++) sums[lane] += in[place];
    for (int lane = 0; lane < 16; lane++) total += sums[lane];
  }
  const float mean = static_cast<float>(total / static_cast<double>(shape.size()));
  const float own = contrast * saturation;
  const float ofPixel = contrast * (1.0f - saturation);
  const float constant = (1.0f - contrast) * mean + brightness;
  const size_t pixels = static_cast<size_t>(shape.height) * shape.width;
  if (shape.channels == 3) {
    mixPixels<3>(image, pixels, 3, own, ofPixel, constant, out);
  } else {
    mixPixels<0>(image, pixels, shape.channels, own, ofPixel, constant, out);
  }
}

// The first pixel at or after a place.
int firstPixel(float place, int size) {
  const float next = std::ceil(place);
  return next > 0.0f ? static_cast<int>(std::min(next, static_cast<float>(size))) : 0;
}

// rectangle: (top, left, bottom, right), the latter two just outside.
void cutOut(const float* image, const float* rectangle, const Shape& shape, float* out) {
  const int top = firstPixel(rectangle[0], shape.height), bottom = firstPixel(rectangle[2], shape.height);
  const int left = firstPixel(rectangle[1], shape.width), right = firstPixel(rectangle[3], shape.width);
  std::memcpy(out, image, shape.size() * sizeof(float));
  if (right <= left) return;
  for (int row = top; row < bottom; row++) {
    const size_t place = (static_cast<size_t>(row) * shape.width + left) * shape.channels;
    std::memset(out + place, 0, static_cast<size_t>(right - left) * shape.channels * sizeof(float));
  }
}

// Calls work(shape, input image, rows of the other inputs, output image) for every image. The other inputs have one row of
// kRow numbers for each image, or one for all.
template <int kInputs, int kRow, typename Work>
void forEachImage(TF_OpKernelContext* context, const char* expected, Work work) {
  TF_Status* status = TF_NewStatus();
  Tensor inputs[kInputs], output;
  for (int index = 0; index < kInputs && TF_GetCode(status) == TF_OK; index++) inputs[index].readInput(context, index, status);
  if (TF_GetCode(status) == TF_OK) {
    bool fits = inputs[0].rank() == 4;
    for (int index = 1; index < kInputs && fits; index++) {
      const Tensor& rows = inputs[index];
      fits = rows.rank() == 2 && rows.size(1) == kRow && (rows.size(0) == 1 || rows.size(0) == inputs[0].size(0));
    }
    if (!fits) TF_SetStatus(status, TF_INVALID_ARGUMENT, (std::string("expected images [batch, height, width, channels] and ") + expected).c_str());
  }
  if (TF_GetCode(status) == TF_OK) {
    const auto size = [&](int axis) { return static_cast<int>(inputs[0].size(axis)); };
    const Shape shape{size(0), size(1), size(2), size(3)};
    output.allocate(context, 0, {shape.images, shape.height, shape.width, shape.channels}, status);
    if (TF_GetCode(status) == TF_OK) {
      Pool::get().run(shape.images, [&](int first, int last) {
        for (int image = first; image < last; image++) {
          const float* rows[kInputs - 1];
          for (int index = 1; index < kInputs; index++) {
            rows[index - 1] = inputs[index].data() + (inputs[index].size(0) == 1 ? 0 : image) * kRow;
          }
          work(shape, inputs[0].data() + image * shape.size(), rows, output.data() + image * shape.size());
        }
      });
    }
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  TF_DeleteStatus(status);
}

constexpr char kMaps[] = "maps [batch or 1, 6]";

void computeSample(void*, TF_OpKernelContext* context) {
  forEachImage<2, 6>(context, kMaps, [](const Shape& shape, const float* image, const float** rows, float* out) {
    std::vector<Pixel> packed(shape.pixels());
    sample(image, rows[0], shape, packed.data(), out);
  });
}

void computeSampleAdjoint(void*, TF_OpKernelContext* context) {
  forEachImage<2, 6>(context, kMaps, [](const Shape& shape, const float* image, const float** rows, float* out) {
    std::vector<Pixel> packed(shape.pixels());
    sampleAdjoint(image, rows[0], shape, packed.data(), out);
  });
}

void computeColour(void*, TF_OpKernelContext* context) {
  forEachImage<4, 1>(context, "brightness, saturation and contrast [batch or 1, 1]",
                     [](const Shape& shape, const float* image, const float** rows, float* out) {
                       adjustColour(image, *rows[0], *rows[1], *rows[2], shape, out);
                     });
}

void computeCutout(void*, TF_OpKernelContext* context) {
  forEachImage<2, 4>(context, "rectangles [batch or 1, 4]", [](const Shape& shape, const float* image, const float** rows, float* out) {
    cutOut(image, rows[0], shape, out);
  });
}

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { sameShape(context, 0, 0, status); }

void registerOnImages(const char* name, std::vector<const char*> inputs, ComputeFunction compute) {
  inputs.insert(inputs.begin(), "images: float");
  registerOperation({name, inputs, {"y: float"}, {}, shapes, nullptr, compute, nullptr});
}

// Runs when the addon is loaded.
const bool registered = [] {
  registerOnImages("HabaAffineSample", {"maps: float"}, computeSample);
  registerOnImages("HabaAffineSampleAdjoint", {"maps: float"}, computeSampleAdjoint);
  registerOnImages("HabaColour", {"brightness: float", "saturation: float", "contrast: float"}, computeColour);
  registerOnImages("HabaCutout", {"rectangles: float"}, computeCutout);
  return true;
}();

}  // namespace
}  // namespace haba
