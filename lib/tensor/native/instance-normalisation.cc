// Instance normalisation, with the ReLU and the 2x2 average pooling that follow it in a ConvNet, as one operation of
// TensorFlow, and its first and second derivatives. TensorFlow has these as some ten operations, each of which reads
// and writes a whole feature map; here an image stays in the cache from the first pass over it to the last.
//
// For one channel of one image of M pixels, with mean m and 1 / standard deviation r:
//   e = x - m,  z = e r scale + shift,  y = pool(relu(z)).
// Backward, with u the gradient of z (spread by the pooling, zero where the ReLU is):
//   d shift = sum(u),  d scale = r sum(u e),  dx = r scale (u - mean(u) - e r^2 mean(u e)).
// Backward again, with vx, vscale, vshift the gradients of dx, d scale and d shift, P(w) = w - mean(w) - e r^2 mean(w e):
//   gradient of u: r scale P(vx) + vscale e r + vshift,
//   gradient of scale: r (sum(vx u) - M mean(vx) mean(u) - r^2 sum(vx e) sum(u e) / M) =: r Q,
//   gradient of x: -scale r^3 e Q / M - scale r^3 (sum(u e) P(vx) + sum(vx e) P(u)) / M + vscale r P(u).

#include <cmath>
#include <cstring>
#include <vector>

#include "operation.h"
#include "parallel.h"

namespace haba {
namespace {

constexpr double kEpsilon = 1e-5;  // PyTorch's.

struct Shape {
  int images, height, width, channels;
  bool relu, pool;
  int pixels() const { return height * width; }
  int pooledHeight() const { return pool ? height / 2 : height; }
  int pooledWidth() const { return pool ? width / 2 : width; }
  size_t size() const { return at(pixels()); }
  size_t pooledSize() const { return static_cast<size_t>(pooledHeight()) * pooledWidth() * channels; }
  // Where a pixel's channels begin.
  size_t at(int pixel) const { return static_cast<size_t>(pixel) * channels; }
  // Where the output pixel that reads an input pixel begins, or -1 where pooling leaves a last odd row or column out.
  long pooledAt(int row, int column) const {
    const int pooledRow = pool ? row / 2 : row;
    const int pooledColumn = pool ? column / 2 : column;
    if (pooledRow >= pooledHeight() || pooledColumn >= pooledWidth()) return -1;
    return (static_cast<long>(pooledRow) * pooledWidth() + pooledColumn) * channels;
  }
};

// Everything below works on a few channels of one image: together with their gradients they stay in the processor's cache.
constexpr int kBlock = 32;
using Channels = float[kBlock];

// mean and 1 / standard deviation of each channel. Rows are summed apart: one running sum over a large map loses digits, and
// a mean that is off opens or closes ReLUs. For their sake, too, z is computed from e = x - m, the same way forward and backward.
HABA_VECTORISED void statistics(const float* x, const Shape& shape, int count, Channels& mean, Channels& inverse) {
  const int pixels = shape.pixels();
  Channels ofRow;
  double total[kBlock] = {};
  for (int row = 0; row < shape.height; row++) {
    for (int c = 0; c < count; c++) ofRow[c] = 0;
    for (int column = 0; column < shape.width; column++) {
      const float* in = x + shape.at(row * shape.width + column);
      HABA_CHANNELS
      for (int c = 0; c < count; c++) ofRow[c] += in[c];
    }
    for (int c = 0; c < count; c++) total[c] += ofRow[c];
  }
  for (int c = 0; c < count; c++) {
    mean[c] = static_cast<float>(total[c] / pixels);
    total[c] = 0;
  }
  for (int row = 0; row < shape.height; row++) {
    for (int c = 0; c < count; c++) ofRow[c] = 0;
    for (int column = 0; column < shape.width; column++) {
      const float* in = x + shape.at(row * shape.width + column);
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float centred = in[c] - mean[c];
        ofRow[c] += centred * centred;
      }
    }
    for (int c = 0; c < count; c++) total[c] += ofRow[c];
  }
  for (int c = 0; c < count; c++) inverse[c] = static_cast<float>(1 / std::sqrt(total[c] / pixels + kEpsilon));
}

HABA_VECTORISED void forward(const float* x, const float* scale, const float* shift, const Shape& shape, int count, float* y) {
  Channels mean, factor;
  statistics(x, shape, count, mean, factor);
  for (int c = 0; c < count; c++) factor[c] *= scale[c];
  const float least = shape.relu ? 0.0f : -INFINITY;
  if (!shape.pool) {
    for (int pixel = 0; pixel < shape.pixels(); pixel++) {
      const float* in = x + shape.at(pixel);
      float* out = y + shape.at(pixel);
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float z = (in[c] - mean[c]) * factor[c] + shift[c];
        out[c] = z < least ? least : z;
      }
    }
    return;
  }
  const size_t right = shape.channels;
  const size_t below = shape.at(shape.width);
  for (int row = 0; row < shape.pooledHeight(); row++) {
    for (int column = 0; column < shape.pooledWidth(); column++) {
      const float* in = x + shape.at(2 * row * shape.width + 2 * column);
      float* out = y + shape.pooledAt(2 * row, 2 * column);
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float z0 = (in[c] - mean[c]) * factor[c] + shift[c];
        const float z1 = (in[c + right] - mean[c]) * factor[c] + shift[c];
        const float z2 = (in[c + below] - mean[c]) * factor[c] + shift[c];
        const float z3 = (in[c + below + right] - mean[c]) * factor[c] + shift[c];
        out[c] = 0.25f * ((z0 < least ? least : z0) + (z1 < least ? least : z1) + (z2 < least ? least : z2) + (z3 < least ? least : z3));
      }
    }
  }
}

// What lies between the upstream gradient dy and u: pooling divides by 4, the ReLU closes. A factor instead of a branch,
// so that the compiler can use vector instructions.
struct Gate {
  const float share, threshold;
  explicit Gate(const Shape& shape) : share(shape.pool ? 0.25f : 1.0f), threshold(shape.relu ? 0.0f : -INFINITY) {}
  float operator()(float z) const { return z > threshold ? share : 0.0f; }
};

// Writes dx, and what the image adds to d scale and d shift.
HABA_VECTORISED void backward(const float* x, const float* scale, const float* shift, const float* dy, const Shape& shape, int count,
                              float* dx, float* dscale, float* dshift) {
  Channels mean, inverse, factor, sumU, sumUE, nothing;
  statistics(x, shape, count, mean, inverse);
  for (int c = 0; c < count; c++) {
    factor[c] = inverse[c] * scale[c];
    sumU[c] = sumUE[c] = nothing[c] = 0;
  }
  const Gate gate(shape);
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column++) {
      const float* in = x + shape.at(row * shape.width + column);
      const long pooled = shape.pooledAt(row, column);
      const float* up = pooled < 0 ? nothing : dy + pooled;
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float e = in[c] - mean[c];
        const float u = gate(e * factor[c] + shift[c]) * up[c];
        sumU[c] += u;
        sumUE[c] += u * e;
      }
    }
  }
  Channels fromE, constant;
  for (int c = 0; c < count; c++) {
    dshift[c] = sumU[c];
    dscale[c] = inverse[c] * sumUE[c];
    constant[c] = factor[c] * sumU[c] / shape.pixels();
    fromE[c] = factor[c] * inverse[c] * inverse[c] * sumUE[c] / shape.pixels();
  }
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column++) {
      const size_t place = shape.at(row * shape.width + column);
      const long pooled = shape.pooledAt(row, column);
      const float* in = x + place;
      const float* up = pooled < 0 ? nothing : dy + pooled;
      float* out = dx + place;
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float e = in[c] - mean[c];
        const float u = gate(e * factor[c] + shift[c]) * up[c];
        out[c] = u * factor[c] - constant[c] - e * fromE[c];
      }
    }
  }
}

// Writes the gradient of x, and what the image adds to that of scale; adds to that of dy.
HABA_VECTORISED void backwardTwice(const float* x, const float* scale, const float* shift, const float* dy, const float* vx,
                                   const float* vscale, const float* vshift, const Shape& shape, int count, float* gx, float* gscale,
                                   float* gdy) {
  Channels mean, inverse, factor, sumU, sumUE, sumV, sumVE, sumUV, nothing;
  statistics(x, shape, count, mean, inverse);
  for (int c = 0; c < count; c++) {
    factor[c] = inverse[c] * scale[c];
    sumU[c] = sumUE[c] = sumV[c] = sumVE[c] = sumUV[c] = nothing[c] = 0;
  }
  const Gate gate(shape);
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column++) {
      const size_t place = shape.at(row * shape.width + column);
      const long pooled = shape.pooledAt(row, column);
      const float* in = x + place;
      const float* up = pooled < 0 ? nothing : dy + pooled;
      const float* v = vx + place;
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float e = in[c] - mean[c];
        const float u = gate(e * factor[c] + shift[c]) * up[c];
        sumU[c] += u;
        sumUE[c] += u * e;
        sumV[c] += v[c];
        sumVE[c] += v[c] * e;
        sumUV[c] += u * v[c];
      }
    }
  }
  // gx = xFromU u + xFromV v + xFromE e + xConstant, and the gradient of u is factor v + uFromE e + uConstant.
  Channels xFromU, xFromV, xFromE, xConstant, uFromE, uConstant;
  const float pixels = shape.pixels();
  for (int c = 0; c < count; c++) {
    const float r = inverse[c];
    const float r2 = r * r;
    const float q = sumUV[c] - sumV[c] * sumU[c] / pixels - r2 * sumVE[c] * sumUE[c] / pixels;
    gscale[c] = r * q;
    xFromU[c] = vscale[c] * r - scale[c] * r2 * r * sumVE[c] / pixels;
    xFromV[c] = -scale[c] * r2 * r * sumUE[c] / pixels;
    xFromE[c] = -(scale[c] * r2 * r * q + r2 * (xFromU[c] * sumUE[c] + xFromV[c] * sumVE[c])) / pixels;
    xConstant[c] = -(xFromU[c] * sumU[c] + xFromV[c] * sumV[c]) / pixels;
    uFromE[c] = vscale[c] * r - factor[c] * r2 * sumVE[c] / pixels;
    uConstant[c] = vshift[c] - factor[c] * sumV[c] / pixels;
  }
  for (int row = 0; row < shape.height; row++) {
    for (int column = 0; column < shape.width; column++) {
      const size_t place = shape.at(row * shape.width + column);
      const long pooled = shape.pooledAt(row, column);
      const float* in = x + place;
      const float* up = pooled < 0 ? nothing : dy + pooled;
      const float* v = vx + place;
      float* out = gx + place;
      // What a pixel that pooling leaves out would send goes where nobody reads.
      float* down = pooled < 0 ? sumUV : gdy + pooled;
      HABA_CHANNELS
      for (int c = 0; c < count; c++) {
        const float e = in[c] - mean[c];
        const float open = gate(e * factor[c] + shift[c]);
        out[c] = xFromU[c] * open * up[c] + xFromV[c] * v[c] + xFromE[c] * e + xConstant[c];
        down[c] += open * (factor[c] * v[c] + uFromE[c] * e + uConstant[c]);
      }
    }
  }
}

struct Options {
  bool relu, pool;
};

void* createKernel(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  unsigned char relu = 0;
  unsigned char pool = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "relu", &relu, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "pool", &pool, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return new Options{relu != 0, pool != 0};
}

void deleteKernel(void* kernel) { delete static_cast<Options*>(kernel); }

HABA_VECTORISED void addRow(const float* row, size_t channels, double* totals) {
  HABA_CHANNELS
  for (size_t c = 0; c < channels; c++) totals[c] += row[c];
}

// Sums over images: one row of channels for each, added up in their order, so that the number of threads does not show.
class PartialSums {
 public:
  explicit PartialSums(const Shape& shape) : channels_(shape.channels), images_(shape.images), sums_(channels_ * images_) {}
  float* of(size_t image) { return sums_.data() + image * channels_; }
  void writeTo(float* total) const {
    std::vector<double> totals(channels_);
    for (size_t image = 0; image < images_; image++) addRow(sums_.data() + image * channels_, channels_, totals.data());
    for (size_t c = 0; c < channels_; c++) total[c] = static_cast<float>(totals[c]);
  }

 private:
  const size_t channels_, images_;
  std::vector<float> sums_;
};

// Calls work(image, first channel, number of channels) for every image.
template <typename Work>
void forEachBlock(const Shape& shape, Work work) {
  Pool::get().run(shape.images, [&](int first, int last) {
    for (int image = first; image < last; image++) {
      for (int channel = 0; channel < shape.channels; channel += kBlock) {
        work(static_cast<size_t>(image), channel, std::min(kBlock, shape.channels - channel));
      }
    }
  });
}

// Reads the inputs, checks their shapes and calls `compute`; reports what went wrong.
template <int kInputs, typename Compute>
void withInputs(void* kernel, TF_OpKernelContext* context, Compute compute) {
  const Options& options = *static_cast<Options*>(kernel);
  TF_Status* status = TF_NewStatus();
  {
    Tensor inputs[kInputs];
    for (int index = 0; index < kInputs && TF_GetCode(status) == TF_OK; index++) inputs[index].readInput(context, index, status);
    if (TF_GetCode(status) == TF_OK) {
      if (inputs[0].rank() != 4 || inputs[1].rank() != 1 || inputs[2].rank() != 1 || inputs[1].size(0) != inputs[0].size(3) ||
          inputs[2].size(0) != inputs[0].size(3)) {
        TF_SetStatus(status, TF_INVALID_ARGUMENT, "expected x [batch, height, width, channels], scale [channels] and shift [channels]");
      } else {
        const auto size = [&](int axis) { return static_cast<int>(inputs[0].size(axis)); };
        compute(Shape{size(0), size(1), size(2), size(3), options.relu, options.pool}, inputs, status);
      }
    }
  }
  if (TF_GetCode(status) != TF_OK) TF_OpKernelContext_Failure(context, status);
  TF_DeleteStatus(status);
}

std::vector<int64_t> shapeOf(const Shape& s) { return {s.images, s.height, s.width, s.channels}; }
std::vector<int64_t> pooledShapeOf(const Shape& s) { return {s.images, s.pooledHeight(), s.pooledWidth(), s.channels}; }

void computeForward(void* kernel, TF_OpKernelContext* context) {
  withInputs<3>(kernel, context, [&](const Shape& shape, const Tensor* inputs, TF_Status* status) {
    Tensor y;
    y.allocate(context, 0, pooledShapeOf(shape), status);
    if (TF_GetCode(status) != TF_OK) return;
    forEachBlock(shape, [&](size_t image, int channel, int count) {
      forward(inputs[0].data() + image * shape.size() + channel, inputs[1].data() + channel, inputs[2].data() + channel, shape, count,
              y.data() + image * shape.pooledSize() + channel);
    });
  });
}

void computeBackward(void* kernel, TF_OpKernelContext* context) {
  withInputs<4>(kernel, context, [&](const Shape& shape, const Tensor* inputs, TF_Status* status) {
    Tensor dx, dscale, dshift;
    dx.allocate(context, 0, shapeOf(shape), status);
    if (TF_GetCode(status) == TF_OK) dscale.allocate(context, 1, {shape.channels}, status);
    if (TF_GetCode(status) == TF_OK) dshift.allocate(context, 2, {shape.channels}, status);
    if (TF_GetCode(status) != TF_OK) return;
    PartialSums scales(shape), shifts(shape);
    forEachBlock(shape, [&](size_t image, int channel, int count) {
      backward(inputs[0].data() + image * shape.size() + channel, inputs[1].data() + channel, inputs[2].data() + channel,
               inputs[3].data() + image * shape.pooledSize() + channel, shape, count, dx.data() + image * shape.size() + channel,
               scales.of(image) + channel, shifts.of(image) + channel);
    });
    scales.writeTo(dscale.data());
    shifts.writeTo(dshift.data());
  });
}

void computeBackwardTwice(void* kernel, TF_OpKernelContext* context) {
  withInputs<7>(kernel, context, [&](const Shape& shape, const Tensor* inputs, TF_Status* status) {
    Tensor gx, gscale, gdy;
    gx.allocate(context, 0, shapeOf(shape), status);
    if (TF_GetCode(status) == TF_OK) gscale.allocate(context, 1, {shape.channels}, status);
    if (TF_GetCode(status) == TF_OK) gdy.allocate(context, 2, pooledShapeOf(shape), status);
    if (TF_GetCode(status) != TF_OK) return;
    std::memset(gdy.data(), 0, shape.images * shape.pooledSize() * sizeof(float));
    PartialSums scales(shape);
    forEachBlock(shape, [&](size_t image, int channel, int count) {
      const size_t place = image * shape.size() + channel;
      const size_t pooled = image * shape.pooledSize() + channel;
      backwardTwice(inputs[0].data() + place, inputs[1].data() + channel, inputs[2].data() + channel, inputs[3].data() + pooled,
                    inputs[4].data() + place, inputs[5].data() + channel, inputs[6].data() + channel, shape, count, gx.data() + place,
                    scales.of(image) + channel, gdy.data() + pooled);
    });
    scales.writeTo(gscale.data());
  });
}

// The pooled shape depends on an attribute that the C interface does not show here.
void forwardShapes(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

void backwardShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  for (int index = 0; index < 3 && TF_GetCode(status) == TF_OK; index++) sameShape(context, index, index, status);
}

void backwardTwiceShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  const int inputs[] = {0, 1, 3};
  for (int index = 0; index < 3 && TF_GetCode(status) == TF_OK; index++) sameShape(context, index, inputs[index], status);
}

void registerWithOptions(const char* name, const std::vector<const char*>& inputs, const std::vector<const char*>& outputs,
                         ShapeFunction shapes, ComputeFunction compute) {
  registerOperation({name, inputs, outputs, {"relu: bool", "pool: bool"}, shapes, createKernel, compute, deleteKernel});
}

// Runs when the addon is loaded.
const bool registered = [] {
  registerWithOptions("HabaInstanceNormalisation", {"x: float", "scale: float", "shift: float"}, {"y: float"}, forwardShapes, computeForward);
  registerWithOptions("HabaInstanceNormalisationGrad", {"x: float", "scale: float", "shift: float", "dy: float"},
                      {"dx: float", "dscale: float", "dshift: float"}, backwardShapes, computeBackward);
  registerWithOptions("HabaInstanceNormalisationGradGrad",
                      {"x: float", "scale: float", "shift: float", "dy: float", "vx: float", "vscale: float", "vshift: float"},
                      {"gx: float", "gscale: float", "gdy: float"}, backwardTwiceShapes, computeBackwardTwice);
  return true;
}();

}  // namespace
}  // namespace haba
