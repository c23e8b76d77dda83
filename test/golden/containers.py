"""Writes the golden cases of the containers beside HaBa: FreD, DDiF and LinBa.

    python containers.py     # needs numpy, scipy and safetensors, no torch; generate.py writes these cases too

Computed in double precision by what has nothing to do with the library: scipy's transforms and zoom, and gradients without a
backward pass: of linear maps from their images of unit vectors, of fields by complex steps, which lose no digits.
Images are not square, and classes, layers, channels and frequencies others than the authors' cases have.
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.fft import dctn, idctn
from scipy.ndimage import zoom

HERE = Path(__file__).parent


def save(name, op, config, tensors):
    stored = {
        key: np.ascontiguousarray(value, np.int32 if np.issubdtype(value.dtype, np.integer) else np.float32)
        for key, value in tensors.items()
    }
    save_file(stored, HERE / f"{name}.safetensors", metadata={"op": op, "config": json.dumps(config)})


def rounded(values):
    """To what float32 holds, so that the case computes with the numbers that it stores."""
    return values.astype(np.float32).astype(np.float64)


def adjoint(linear, shape, upstream):
    """Gradient of sum(linear(x) * upstream): the images of all unit vectors under `linear`, weighed."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.array([(linear(unit) * upstream).sum() for unit in units]).reshape(shape)


def fred_case(random):
    classes, kept, channels, height, width = 3, 17, 2, 6, 9
    labels = np.array([2, 0, 1, 2, 0, 0, 1, 2, 0, 1, 2, 0, 2])
    # Smoother than noise, and each class in its own way, so that masks differ.
    amplitudes = rounded(np.exp(-0.3 * random.random((classes, height, width)) * np.add.outer(range(height), range(width))))
    noise = random.standard_normal((len(labels), channels, height, width))
    real = rounded(idctn(noise * 10 * amplitudes[labels][:, None], axes=(2, 3)))
    coefficients = rounded(dctn(real, axes=(2, 3)))
    of_means = dctn(real.mean(1), axes=(1, 2))
    mask = np.zeros((classes, height * width))
    for label in range(classes):
        variances = of_means[labels == label].var(0).ravel()
        order = np.argsort(-variances)
        assert variances[order[kept - 1]] > 1.001 * variances[order[kept]], "the mask must not hang on rounding"
        mask[label, order[:kept]] = 1
    mask = mask.reshape(classes, height, width)
    masks = mask[labels][:, None]
    upstream = rounded(random.standard_normal(real.shape))
    inverse = [[adjoint(idctn, (height, width), plane) for plane in image] for image in upstream]
    tensors = {"real": real, "labels": labels, "coefficients": coefficients, "mask": mask, "grad.image": upstream}
    tensors |= {"image": idctn(coefficients * masks, axes=(2, 3)), "grad.coefficients": np.array(inverse) * masks}
    save("container-fred-wide", "container-fred", {"classes": classes, "kept": kept}, tensors)


def field(parameters, coordinates, first_frequency, frequency, layers):
    """[points, channels] of one SIREN."""
    values = coordinates
    for layer in range(layers):
        weight, bias = parameters[f"net.{layer}.linear.weight"], parameters[f"net.{layer}.linear.bias"]
        values = np.sin((first_frequency if layer == 0 else frequency) * (values @ weight.T + bias))
    return values @ parameters["last_layer.linear.weight"].T + parameters["last_layer.linear.bias"]


def ddif_case(random):
    fields, hidden, layers, channels, height, width, first_frequency, frequency = 2, 5, 3, 2, 7, 4, 20, 6
    coordinates = np.stack(np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij"), -1)
    coordinates = coordinates.reshape(-1, 2)
    shapes = {}
    for layer in range(layers):
        shapes[f"net.{layer}.linear.weight"] = (hidden, 2 if layer == 0 else hidden)
        shapes[f"net.{layer}.linear.bias"] = (hidden,)
    shapes |= {"last_layer.linear.weight": (channels, hidden), "last_layer.linear.bias": (channels,)}
    upstream = rounded(random.standard_normal((fields, channels, height, width)))
    tensors, images = {"coordinates": coordinates, "grad.image": upstream}, []
    for place in range(fields):
        parameters = {name: rounded(random.uniform(-0.2, 0.2, shape)) for name, shape in shapes.items()}

        def image(values):
            return field(values, coordinates, first_frequency, frequency, layers).T.reshape(channels, height, width)

        images.append(image(parameters))
        for name, values in parameters.items():
            gradient, step = np.zeros(values.shape), 1e-30
            for element in np.ndindex(*values.shape):
                moved = values.astype(complex)
                moved[element] += 1j * step
                gradient[element] = (image(parameters | {name: moved}).imag * upstream[place]).sum() / step
            tensors |= {f"param.{place}.{name}": values, f"grad.param.{place}.{name}": gradient}
    config = {"fields": fields, "hidden": hidden, "layers": layers, "w0_initial": first_frequency, "w0": frequency}
    save("container-ddif-deep", "container-ddif", config, tensors | {"image": np.stack(images)})


def linba_case(random):
    items, bases, channels, height, width = 6, 4, 2, 3, 5

    def enlarge(image):
        return zoom(image, (1, 2, 2), order=1, mode="nearest", grid_mode=True)

    coefficients = rounded(random.standard_normal((items, bases)))
    basis = rounded(random.standard_normal((bases, channels * height * width)))
    shape = (channels, height, width)
    image = np.stack([enlarge(row.reshape(shape)) for row in coefficients @ basis])
    upstream = rounded(random.standard_normal(image.shape))
    reduced = np.stack([adjoint(enlarge, shape, one).ravel() for one in upstream])
    tensors = {"coefficients": coefficients, "bases": basis, "image": image, "grad.image": upstream}
    tensors |= {"grad.coefficients": reduced @ basis.T, "grad.bases": coefficients.T @ reduced}
    config = {"classes": 3, "per_class": 2, "bases": bases, "floats": coefficients.size + basis.size}
    save("container-linba-wide", "container-linba", config, tensors)


def container_cases():
    fred_case(np.random.default_rng(1))
    ddif_case(np.random.default_rng(2))
    linba_case(np.random.default_rng(3))


if __name__ == "__main__":
    container_cases()
