// What every operation of ours needs of TensorFlow's C interface and of the compiler.
#pragma once

#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

// Vector instructions are chosen when the program starts, so that the files need no compiler flags.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define HABA_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#else
#define HABA_VECTORISED
#endif

// Rows of channels do not overlap, which the compiler cannot know.
#if defined(__clang__)
#define HABA_CHANNELS _Pragma("clang loop vectorize(enable)")
#else
#define HABA_CHANNELS _Pragma("GCC ivdep")
#endif

namespace haba {

// A tensor that a kernel reads, or one that it makes; freed at the end of the scope.
class Tensor {
 public:
  Tensor() = default;
  Tensor(const Tensor&) = delete;
  ~Tensor() {
    if (tensor_ != nullptr) TF_DeleteTensor(tensor_);
  }
  void readInput(TF_OpKernelContext* context, int index, TF_Status* status) { TF_GetInput(context, index, &tensor_, status); }
  void allocate(TF_OpKernelContext* context, int index, const std::vector<int64_t>& shape, TF_Status* status) {
    size_t bytes = sizeof(float);
    for (const int64_t size : shape) bytes *= size;
    tensor_ = TF_AllocateOutput(context, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()), bytes, status);
  }
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int64_t size(int axis) const { return TF_Dim(tensor_, axis); }
  int rank() const { return TF_NumDims(tensor_); }

 private:
  TF_Tensor* tensor_ = nullptr;
};

// Output `output` has the shape of input `input`.
inline void sameShape(TF_ShapeInferenceContext* context, int output, int input, TF_Status* status) {
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, input, shape, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, shape, status);
  TF_DeleteShapeHandle(shape);
}

using ShapeFunction = void (*)(TF_ShapeInferenceContext*, TF_Status*);
using CreateFunction = void* (*)(TF_OpKernelConstruction*);
using ComputeFunction = void (*)(void*, TF_OpKernelContext*);
using DeleteFunction = void (*)(void*);

struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;  // As TensorFlow writes them: "x: float".
  ShapeFunction shapes;
  CreateFunction create;  // nullptr where there is nothing to keep from call to call.
  ComputeFunction compute;
  DeleteFunction destroy;
};

inline void registerOperation(const Operation& operation) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, operation.shapes);
  TF_RegisterOpDefinition(definition, status);
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.compute, operation.destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, status);
  TF_DeleteStatus(status);
}

}  // namespace haba
